import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isBuiltin } from 'node:module';
import { expect } from 'vitest';

/** Node's own SQLite is switched off, where there is one. */
export const WITHOUT_NODE_SQLITE = isBuiltin('node:sqlite') ? ['--no-experimental-sqlite'] : [];

export interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Output> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...output };
}

/** The application ran as ever, counted what was lost, and said once why. */
export function expectDegraded({ code, stdout, stderr }: Output, why: string): void {
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    body: '1',
    ledger: { started: 1, stored: 0, pending: 0, dropped: { writeFailed: 1 } },
  });
  const warnings = stderr.match(/FerretWarning: .*/g);
  expect(warnings).toHaveLength(1);
  expect(warnings?.[0]).toMatch(/^FerretWarning: Nothing is stored\. Ferret has no SQLite/);
  expect(warnings?.[0]).toContain(why);
}
