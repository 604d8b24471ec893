/**
 * Runs a function that reads objects of the application, whose getters and proxies may throw. Returns `undefined` if
 * they do.
 */
export function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
