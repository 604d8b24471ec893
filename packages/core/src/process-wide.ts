/**
 * A value there is one of in the process, whichever copy of this package asks first. Applications load both copies, the
 * CommonJS and the ES module one, as soon as their dependencies differ in format; module scope would give each its own.
 */
export function processWide<T>(name: string, create: () => T): T {
  const key = Symbol.for(`ferretjs.${name}`);
  const holder = globalThis as unknown as Record<symbol, T | undefined>;
  let value = holder[key];
  if (value === undefined) {
    value = create();
    Object.defineProperty(globalThis, key, { value, writable: true, configurable: true });
  }
  return value;
}
