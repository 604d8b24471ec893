/**
 * What a function of the application returned, where a promise is of no use.
 *
 * @throws TypeError for a promise. Its rejection is taken care of: nobody else would, and that would end the process.
 */
export function requireSynchronous<T>(what: string, result: T): T {
  if (!(result instanceof Promise)) return result;
  result.catch(() => {});
  throw new TypeError(`${what} must not be asynchronous`);
}
