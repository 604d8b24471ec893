import { readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BIN } from '../ferret.js';
import { runNode } from '../run-process.js';
import { temporaryDirectory } from '../temporary.js';
import { expectDegraded, WITHOUT_NODE_SQLITE } from './no-driver.js';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const FLAGS = ['--no-addons', ...WITHOUT_NODE_SQLITE];

it('P10, P11: without a driver the application runs, says why at its start, and leaves no file', async () => {
  const cwd = temporaryDirectory();
  expectDegraded(await runNode([...FLAGS, file('../apps/no-driver.cjs')], { cwd }), 'Node runs with --no-addons');
  expect(readdirSync(cwd)).toEqual([]);
});

it.each(['analyze', 'crashes', 'diff', 'doctor', 'export', 'prune', 'recover', 'runs', 'tail', 'trace'])(
  'P10: ferret %s names the missing driver before anything else',
  async (command) => {
    const more = { diff: ['a', 'b'], trace: ['0af7'], prune: ['--max-age', '1d'] }[command] ?? [];
    const { code, err } = await runNode([...FLAGS, BIN, command, ...more], { cwd: temporaryDirectory() });
    expect(err).toMatch(/^ferret: Ferret has no SQLite.*--no-addons.*\n$/);
    expect(code).toBeGreaterThan(0);
  },
);

if (isBuiltin('node:sqlite')) {
  it('P11: under --permission, the missing flag is named; with it, all is stored without a word', async () => {
    const cwd = temporaryDirectory();
    const app = file('../apps/no-driver.cjs');
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    const flags = [permission, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-net'].filter(
      (flag) => flag !== '--allow-net' || process.allowedNodeEnvironmentFlags.has('--allow-net'),
    );
    const without = await runNode([...flags, app], { cwd });
    expect(without.code, without.err).toBe(0);
    expect(without.err.match(/FerretWarning: .*/g)).toEqual([expect.stringContaining('Add --allow-worker.')]);
    expect(readdirSync(cwd)).toEqual([]);
    const { code, out, err } = await runNode([...flags, '--allow-worker', app], { cwd });
    expect(code, err).toBe(0);
    expect(err).not.toContain('FerretWarning');
    expect(JSON.parse(out).ledger).toMatchObject({ started: 1, stored: 1 });
  });
}
