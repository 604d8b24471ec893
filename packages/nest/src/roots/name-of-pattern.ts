/**
 * The name that a message has by its pattern: a text, or an object as JSON. `undefined` for what JSON cannot say, such
 * as a symbol, a `bigint` or a circle.
 */
export function nameOfPattern(pattern: unknown): string | undefined {
  try {
    return typeof pattern === 'string' ? pattern : (JSON.stringify(pattern) as string | undefined);
  } catch {
    return undefined;
  }
}
