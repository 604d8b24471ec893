import { Worker } from 'node:worker_threads';
import { processWide } from '../../process-wide.js';
import { WORKER_PROGRAM } from './node-sqlite-program.js';

/** Outcome of a call: `[undefined, result]`, or `[error]`. */
export type Answer = readonly [error: undefined, result?: unknown] | readonly [error: CallError];

export interface CallError {
  readonly message: string;
  /** SQLite's; `undefined` where the error is not SQLite's. */
  readonly resultCode?: number;
  /** The thread has ended, and all its connections with it. */
  readonly isGone?: boolean;
  readonly cause?: unknown;
}

export type CallKind = 'open' | 'run' | 'all' | 'exec' | 'transaction' | 'close';

/** Time for which the thread outlives the last connection. To open a file takes several connections in turn. */
const IDLE_MILLIS = 1_000;

/**
 * The thread in which `node:sqlite` runs: one in the process, whichever copies of this package and however many files.
 * It starts with the first call, ends a second after the last connection has been closed, and never holds the process
 * open but for a call under way, as the thread pool does.
 */
export class SqliteThread {
  #worker: Worker | undefined;
  readonly #calls = new Map<number, (answer: Answer) => void>();
  readonly #connections = new Set<number>();
  #lastId = 0;
  #idle: NodeJS.Timeout | undefined;

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Names a new connection. */
  nextKey(): number {
    return ++this.#lastId;
  }

  /** Never rejects. */
  call(kind: CallKind, key: number, payload?: unknown): Promise<Answer> {
    // A connection lives in the thread that opened it.
    if (kind !== 'open' && !this.#connections.has(key)) {
      return Promise.resolve([{ message: 'the connection is closed, or its thread has ended', isGone: true }]);
    }
    return new Promise((resolve) => {
      try {
        clearTimeout(this.#idle);
        this.#worker ??= this.#start();
        if (kind === 'open') this.#connections.add(key);
        const id = ++this.#lastId;
        this.#worker.postMessage([id, kind, key, payload]);
        if (this.#calls.size === 0) this.#worker.ref();
        this.#calls.set(id, (answer) => {
          if (kind === 'close' || (kind === 'open' && answer[0] !== undefined)) this.#forget(key);
          resolve(answer);
        });
      } catch (cause) {
        resolve([goneBecause(cause)]);
      }
    });
  }

  #start(): Worker {
    const worker = new Worker(WORKER_PROGRAM, {
      eval: true,
      name: 'ferret-sqlite',
      // Nothing the application preloads runs in it again, neither by an argument nor by NODE_OPTIONS.
      execArgv: [],
      env: {},
      argv: [],
      // Little lives long in it; the old generation is left unbounded, as a page of a reader may be of any size.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    worker.on('message', ([id, ...answer]: [number, ...Answer]) => this.#settle(id, answer as Answer));
    worker.on('error', (error) => this.#end(worker, error));
    worker.on('exit', (code) => this.#end(worker, new Error(`SQLite's thread ended with code ${code}`)));
    worker.unref();
    return worker;
  }

  #settle(id: number, answer: Answer): void {
    const resolve = this.#calls.get(id);
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#worker?.unref();
    resolve?.(answer);
  }

  #forget(key: number): void {
    this.#connections.delete(key);
    if (this.#connections.size > 0) return;
    this.#idle = setTimeout(() => this.#retire(), IDLE_MILLIS);
    this.#idle.unref();
  }

  #retire(): void {
    if (this.#connections.size > 0) return;
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }

  /** The thread has ended, whoever ended it: nothing that is open or under way in it is left. */
  #end(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#connections.clear();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const resolve of calls) resolve([goneBecause(cause)]);
  }
}

function goneBecause(cause: unknown): CallError {
  return { message: cause instanceof Error ? cause.message : String(cause), isGone: true, cause };
}

/**
 * The name has the protocol's number: two versions of this package in one process that differ in it have a thread each.
 */
export const sqliteThread = processWide('sqlite-thread-1', () => new SqliteThread());
