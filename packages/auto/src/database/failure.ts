import type { Leaf } from '@ferretjs/core/adapter';

/** A code of a database or of Node: `23505`, `ER_DUP_ENTRY`, `ECONNREFUSED`. */
const CODE = /^[A-Z0-9_.-]{1,64}$/i;

/** The beginning of the first line of a stack's frames. */
const FIRST_FRAME = '\n    at ';

/** From here on, a message may hold values: `Duplicate entry 'alice' for key`, `invalid input syntax: "alice"`. */
const VALUE = /['"`\d(:=]/;

/**
 * Ends a span as failed by an error of a database. The database's code is kept (`db.response.status_code`,
 * `error.type`), as is the class. Messages of databases quote values, so that only their beginning is kept, before the
 * first quote or digit.
 *
 * The error's `stack` is not read: V8 makes its text, message included, when it is read first. Libraries that put the
 * query before the message of their driver's error (knex) would log a stack without it.
 *
 * @param code the database's own code, if the error came from there
 * @param hasMessage whether anything of the message is kept
 */
export function failWith(leaf: Leaf, error: unknown, code: unknown, hasMessage = true): void {
  const status = codeOf(code);
  const { type, own, message } = read(error, hasMessage);
  if (message !== undefined) leaf.recordError(faultOf(type, message));
  leaf.failAs(status ?? own ?? type, { 'db.response.status_code': status });
}

/** The parts of an error that may be kept, without its stack, which is not read. */
interface Reading {
  readonly type: string;
  /** The error's own code. */
  readonly own?: string | undefined;
  /** Absent where something else than an error was thrown. */
  readonly message?: string;
}

function read(error: unknown, hasMessage: boolean): Reading {
  try {
    if (!(error instanceof Error)) return { type: typeof error };
    const { code } = error as { readonly code?: unknown };
    return { type: typeOf(error), own: codeOf(code), message: hasMessage ? messageOf(error) : '' };
  } catch {
    return { type: 'Error', message: '' }; // A getter that throws, or a proxy.
  }
}

/**
 * An error as it may be kept: its class, its stack, and its message up to the first quote or digit. The message of
 * `JSON.parse`, for one, quotes the text that it was given. Of what else is thrown, only its type is kept. Never
 * throws: it runs on the way of the application's own errors.
 */
export function withoutValues(error: unknown): Error {
  try {
    if (!(error instanceof Error)) return faultOf(typeof error, '');
    return faultOf(typeOf(error), messageOf(error), framesOf(error));
  } catch {
    return faultOf('Error', ''); // A getter that throws, or a proxy.
  }
}

/** The class of an error. Most leave `name` at "Error", and pg at "error"; the constructor knows better. */
function typeOf(error: Error): string {
  const { name } = error;
  if (typeof name === 'string' && name !== 'Error' && name !== 'error') return name;
  const type: unknown = error.constructor?.name;
  return typeof type === 'string' && type !== '' ? type : 'Error';
}

/** An error without what it may tell of a query. */
function faultOf(type: string, message: string, frames?: string): Error {
  const stack = frames === undefined ? undefined : `${type}: ${message}${frames}`;
  return Object.assign(new Error(message), { name: type, stack });
}

/** The stack without the message that it begins with. */
function framesOf({ stack, message }: Error): string | undefined {
  if (typeof stack !== 'string' || typeof message !== 'string') return undefined;
  const begin = message === '' ? stack.indexOf(FIRST_FRAME) : stack.indexOf(message);
  const frames = stack.slice(begin + message.length);
  return begin !== -1 && frames.startsWith(FIRST_FRAME) ? frames : undefined;
}

function codeOf(code: unknown): string | undefined {
  if (typeof code === 'number') return String(code);
  return typeof code === 'string' && CODE.test(code) ? code : undefined;
}

function messageOf(error: Error): string {
  return isOfNode(error) ? error.message : beginningOf(error.message);
}

/** Node's own messages tell of addresses and ports only, unless they are about files. */
function isOfNode(error: Error): boolean {
  const { syscall, path, message } = error as NodeJS.ErrnoException;
  return typeof syscall === 'string' && path === undefined && typeof message === 'string';
}

function beginningOf(message: unknown): string {
  if (typeof message !== 'string') return '';
  const beginning = message.slice(0, 200);
  const at = beginning.search(VALUE);
  return (at === -1 ? beginning : beginning.slice(0, at)).trimEnd();
}
