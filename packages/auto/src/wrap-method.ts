/** A method of a library, called with the library's own `this`. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Marks wrappers, in every copy of this package. */
const WRAPPED = Symbol.for('ferretjs.auto.wrapped');

/**
 * Replaces a method in place by a wrapper of the same name, length and own properties. A method that is wrapped already
 * stays.
 *
 * @param holder a prototype, or what a module exports
 * @param around makes the wrapper, which has to call the original with `this` and the arguments that it got, and return
 *   its result
 * @returns whether the method is wrapped now; false for a property that is no function or cannot be replaced (frozen,
 *   an accessor)
 */
export function wrapMethod(holder: object, name: PropertyKey, around: (original: Method) => Method): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name);
  const original: unknown = descriptor?.value;
  if (descriptor === undefined || typeof original !== 'function') return false;
  if (Object.hasOwn(original, WRAPPED)) return true;
  if (!descriptor.configurable && !descriptor.writable) return false;
  const wrapper = around(original as Method);
  const { prototype, ...own } = Object.getOwnPropertyDescriptors(original) as PropertyDescriptorMap;
  Object.defineProperties(wrapper, own);
  if (prototype !== undefined && 'value' in prototype) Reflect.set(wrapper, 'prototype', prototype.value);
  Object.defineProperty(wrapper, WRAPPED, { value: true });
  if (descriptor.configurable) Object.defineProperty(holder, name, { ...descriptor, value: wrapper });
  else Reflect.set(holder, name, wrapper);
  return true;
}

/**
 * The same for a method that a library's version is known to have.
 *
 * @throws TypeError where it cannot be wrapped: the patch of the file has failed, and the coverage says so
 */
export function wrapKnownMethod(holder: unknown, name: string, around: (original: Method) => Method): void {
  const isObject = (typeof holder === 'object' && holder !== null) || typeof holder === 'function';
  if (!isObject || !wrapMethod(holder, name, around)) throw new TypeError(`There is no method ${name} to wrap.`);
}

/**
 * Replaces several methods, or none of them.
 *
 * @throws TypeError for one that is not there or cannot be replaced
 */
export function wrapAll(holder: object, wrappers: Readonly<Record<string, (original: Method) => Method>>): void {
  for (const name of Object.keys(wrappers)) {
    const { value, writable, configurable } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
    if (typeof value !== 'function' || !(writable || configurable)) {
      throw new TypeError(`The method ${name} cannot be replaced.`);
    }
  }
  for (const [name, around] of Object.entries(wrappers)) wrapMethod(holder, name, around);
}
