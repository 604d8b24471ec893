/** From here on, a message may hold values: `Duplicate entry 'alice' for key`, `invalid input syntax: "alice"`. */
const VALUE = /['"`\d(:=]/;
/** Node's own messages tell of addresses and ports only: `connect ECONNREFUSED 127.0.0.1:5432`. */
const OF_NODE = /^(?:connect|read|write|getaddrinfo|socket|listen) E[A-Z_0-9]{2,32}\b/;
const FIRST_FRAME = '\n    at ';
const MAX_LENGTH = 200;

/** Databases whose messages may be any text, such as those of scripts. */
const ANY_TEXT: ReadonlySet<unknown> = new Set(['redis', 'valkey', 'memcached']);

/**
 * The beginning of a database's message, before the first quote or digit: messages of databases quote values.
 *
 * @param system `db.system.name` or `db.system`
 */
export function messageWithoutValues(message: unknown, system: unknown): string {
  if (typeof message !== 'string') return '';
  const beginning = message.slice(0, MAX_LENGTH);
  if (OF_NODE.test(beginning)) return beginning.split('\n', 1)[0] ?? '';
  if (ANY_TEXT.has(system)) return '';
  const at = beginning.search(VALUE);
  return (at === -1 ? beginning : beginning.slice(0, at)).trimEnd();
}

/**
 * The attributes of a database's exception without what they may tell of a query: class and frames are kept, and the
 * beginning of the message. Frames are those behind the message, which may have lines that look like some.
 */
export function exceptionWithoutValues(
  attributes: Readonly<Record<string, unknown>>,
  system: unknown,
): Record<string, unknown> {
  const { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack } = attributes;
  const kept = messageWithoutValues(message, system);
  return {
    ...(typeof type === 'string' && { 'exception.type': type }),
    ...(kept !== '' && { 'exception.message': kept }),
    ...(typeof stack === 'string' && {
      'exception.stacktrace': `${typeof type === 'string' ? type : 'Error'}: ${kept}${framesOf(stack, message)}`,
    }),
  };
}

function framesOf(stack: string, message: unknown): string {
  if (typeof message !== 'string') return '';
  const begin = message === '' ? stack.indexOf(FIRST_FRAME) : stack.indexOf(message);
  const frames = stack.slice(begin + message.length);
  return begin !== -1 && frames.startsWith(FIRST_FRAME) ? frames : '';
}
