import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { temporaryFile } from './temporary.js';

/** The end of a process, as its parent sees it. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** The lifetime of the process. */
  readonly seconds: number;
}

export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<End>;
}

export { temporaryFile };

/** Starts one of `apps/` as a process of its own, under the Node that runs the tests, with these options of Node. */
export function start(
  app: string,
  environment: Record<string, string>,
  execArgv: readonly string[] = [],
  options: ForkOptions = {},
): Child {
  const started = performance.now();
  const child = fork(fileURLToPath(new URL(`apps/${app}`, import.meta.url)), {
    env: { ...process.env, ...environment },
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    ...options,
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(
    ([code, signal]): End => ({ code, signal, stderr, seconds: (performance.now() - started) / 1_000 }),
  );
  return { process: child, ended };
}

/** Starts a script with `createFerret`, `currentSpan`, `MemorySink` and `options` in scope. */
export function startScript(script: string, database = temporaryFile(), execArgv: readonly string[] = []): Child {
  return start('run-script.mjs', { SCRIPT: script, DATABASE: database }, execArgv);
}

/** The same, to its end. */
export function runScript(script: string, database = temporaryFile()): Promise<End> {
  return startScript(script, database).ended;
}

export async function message<T>(child: Child): Promise<T> {
  const [first] = (await once(child.process, 'message')) as [T];
  return first;
}

/** Sends a question to a process that answers each with one message, and returns the answer. */
export function ask<T>(child: Child, question: string): Promise<T> {
  const answer = message<T>(child);
  child.process.send(question);
  return answer;
}
