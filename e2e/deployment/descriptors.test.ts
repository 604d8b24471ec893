import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFile } from '../child.js';
import { expectSound } from '../faults/invariants.js';

const app = fileURLToPath(new URL('../apps/few-descriptors.mjs', import.meta.url));

async function run(left: number, when: 'first' | 'later') {
  const database = temporaryFile();
  const child = spawn('/bin/sh', ['-c', 'ulimit -n 256 && exec "$0" "$@"', process.execPath, app], {
    env: { ...process.env, DATABASE: database, LEFT: String(left), WHEN: when },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [[ledger], [code]] = await Promise.all([once(child, 'message'), once(child, 'close')]);
  return { database, ledger, code };
}

it.each([
  ['at the first open', 'first', 10],
  ['later', 'later', 20],
] as const)('P14: with 0 to 8 descriptors left %s, nothing is lost', async (_name, when, spans) => {
  for (let left = 0; left <= 8; left++) {
    const { database, ledger, code } = await run(left, when);
    expect(code).toBe(0);
    expect(ledger, `with ${left} left`).toMatchObject({ started: spans, stored: spans, spilled: 0, pending: 0 });
    await expectSound(database);
  }
});
