import { isBuiltin } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { runInThisContext } from 'node:vm';
import { codeOf, type Database, SqliteError, type SqlValue, type Statement } from './database.js';
import { PROGRAM } from './node-sqlite-program.js';
import { type Answer, type CallKind, sqliteThread } from './sqlite-thread.js';

/**
 * Where statements run: in the process's one thread for SQLite, so that the event loop is free; or on the calling
 * thread, for a command-line program, which has nothing else to do and is spared the thread's start.
 */
export type Place = 'thread' | 'here';

/**
 * Node from 22.13 on, Bun and Deno have `node:sqlite`; Node 22.5 to 22.12 only behind a flag that a thread would not
 * inherit.
 */
export function hasNodeSqlite(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return isBuiltin('node:sqlite') && (major > 22 || (major === 22 && minor >= 13));
}

/** Under Node's permission model, threads are forbidden unless `--allow-worker` says otherwise. */
export function mayStartThread(): boolean {
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  return permission?.has('worker') !== false;
}

/** Runs a call of {@link PROGRAM}. */
interface Caller {
  nextKey(): number;
  call(kind: CallKind, key: number, payload?: unknown): Promise<Answer> | Answer;
}

export async function openNodeSqlite(location: string, mode: 'read' | 'write', place: Place): Promise<Database> {
  const caller = place === 'thread' ? sqliteThread : here();
  const database = new NodeSqliteDatabase(caller);
  await database.open(location, mode);
  return database;
}

class NodeSqliteDatabase implements Database {
  readonly #caller: Caller;
  readonly #key: number;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.#key = caller.nextKey();
  }

  async open(location: string, mode: 'read' | 'write'): Promise<void> {
    await this.#call('open', { location, readOnly: mode === 'read' });
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<void> {
    await this.#call('run', [sql, parameters]);
  }

  async all<Row extends object>(sql: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    return ((await this.#call('all', [sql, parameters])) as object[]).map(toRow) as Row[];
  }

  async exec(sql: string): Promise<void> {
    await this.#call('exec', sql);
  }

  async transaction(statements: readonly Statement[]): Promise<object[][] | undefined> {
    const results = (await this.#call('transaction', statements)) as object[][] | undefined;
    return results?.map((rows) => rows.map(toRow));
  }

  async close(): Promise<void> {
    await this.#call('close');
  }

  async #call(kind: CallKind, payload?: unknown): Promise<unknown> {
    const [error, result] = await this.#caller.call(kind, this.#key, payload);
    if (error === undefined) return result;
    const code = error.isGone ? 'gone' : codeOf(error.resultCode ?? 1);
    throw new SqliteError(code, error.message, { cause: error.cause });
  }
}

/** Blobs arrive as `Uint8Array`; rows of this thread have no prototype. */
function toRow(row: object): object {
  const copy = (Object.getPrototypeOf(row) === null ? { ...row } : row) as Record<string, unknown>;
  for (const name in copy) {
    const value = copy[name];
    if (ArrayBuffer.isView(value)) copy[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return copy;
}

let inPlace: Caller | undefined;

/** A turn of the event loop between two statements keeps timers, pipes and signals alive. */
function here(): Caller {
  if (inPlace !== undefined) return inPlace;
  const program = runInThisContext(`(${PROGRAM})`) as (load: () => unknown) => (...call: unknown[]) => Answer;
  const answer = program(() => process.getBuiltinModule('node:sqlite'));
  let lastKey = 0;
  inPlace = {
    nextKey: () => ++lastKey,
    async call(...call) {
      await setImmediate();
      return answer(...call);
    },
  };
  return inPlace;
}
