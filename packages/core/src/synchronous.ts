/**
 * Returns the result of a function of the application, unless it is a promise.
 *
 * @param what names the function in the error message
 * @throws TypeError for a promise. Its rejection is handled first: an unhandled rejection would end the process.
 */
export function requireSynchronous<T>(what: string, result: T): T {
  if (!(result instanceof Promise)) return result;
  result.catch(() => {});
  throw new TypeError(`${what} must not be asynchronous`);
}
