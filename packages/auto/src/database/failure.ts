import type { Leaf } from '@ferretjs/core/adapter';

/** A code of a database or of Node: `23505`, `ER_DUP_ENTRY`, `ECONNREFUSED`. */
const CODE = /^[A-Z0-9_.-]{1,64}$/i;

/** The beginning of the first line of a stack's frames. */
const FIRST_FRAME = '\n    at ';

/** From here on, a message may hold values: `Duplicate entry 'alice' for key`, `invalid input syntax: "alice"`. */
const VALUE = /['"`\d(:=]/;

/**
 * Ends a span as failed by an error of a database. The database's code is kept (`db.response.status_code`, `error.type`), as is the class.
 * Messages of databases quote values, so that only their beginning is kept, before the first quote or digit.
 *
 * The error's `stack` is not read: V8 makes its text, message included, when it is read first. Libraries that put the query before the
 * message of their driver's error (knex) would log a stack without it.
 *
 * @param code the database's own code, if the error came from there
 * @param hasMessage whether anything of the message is kept
 */
export function failWith(leaf: Leaf, error: unknown, code: unknown, hasMessage = true): void {
  const status = codeOf(code);
  const attributes = { 'db.response.status_code': status };
  if (!(error instanceof Error)) {
    leaf.failAs(status ?? typeof error, attributes);
    return;
  }
  const type = typeOf(error);
  leaf.recordError(faultOf(type, hasMessage ? messageOf(error) : ''));
  leaf.failAs(status ?? codeOf((error as { code?: unknown }).code) ?? type, attributes);
}

/**
 * An error as it may be kept: its class, its stack, and its message up to the first quote or digit. The message of
 * `JSON.parse`, for one, quotes the text that it was given.
 */
export function withoutValues(error: Error): Error {
  return faultOf(typeOf(error), messageOf(error), framesOf(error));
}

/** The class of an error. Most leave `name` at "Error", and pg at "error"; the constructor knows better. */
function typeOf(error: Error): string {
  return error.name === 'Error' || error.name === 'error' ? error.constructor.name || 'Error' : error.name;
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

/** Node's own messages tell of addresses and ports only. */
function isOfNode(error: Error): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

function beginningOf(message: unknown): string {
  if (typeof message !== 'string') return '';
  const beginning = message.slice(0, 200);
  const at = beginning.search(VALUE);
  return (at === -1 ? beginning : beginning.slice(0, at)).trimEnd();
}
