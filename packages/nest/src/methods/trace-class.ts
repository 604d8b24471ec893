import { isForeign } from './foreign-classes.js';
import type { MethodFilter } from './method-selection.js';
import { type Method, tagOf, traceMethod } from './trace-method.js';
import { isTracedClass, isWrapper, traceInstancesOf } from './traced-classes.js';

/** A class, as far as it matters here. */
export interface AnyClass {
  readonly name: string;
  readonly prototype: object;
}

/**
 * Methods that something calls to show a value, and those of guards and interceptors.
 */
const UNTRACED = new Set([
  ...['constructor', 'then', 'toString', 'toLocaleString', 'toJSON', 'valueOf'],
  ...['canActivate', 'intercept'],
]);

/**
 * Makes spans of the methods of a class, also of inherited ones. The methods are replaced on the prototypes that have
 * them, once for all instances, so that instances stay as they are: an own property would hide what a test puts on the
 * prototype later. Getters, setters, static methods, methods with a symbol as name, generators and fields that hold
 * functions are left alone.
 */
export function traceClass(type: AnyClass, filter: MethodFilter, isPipe = false): void {
  if (isTracedClass(type)) {
    traceInstancesOf(type, filter);
    return;
  }
  traceInstancesOf(type, filter);
  let owner: object | null = type.prototype;
  let isInherited = false;
  while (owner !== null && owner !== Object.prototype) {
    const parent = Reflect.getOwnPropertyDescriptor(owner, 'constructor')?.value as AnyClass | undefined;
    // Classes of a package belong to others as well.
    if (isInherited && (typeof parent !== 'function' || isForeign(parent))) return;
    traceMethodsOf(owner, isPipe);
    owner = Object.getPrototypeOf(owner) as object | null;
    isInherited = true;
  }
}

/** Replaces a single method, on the prototype that has it. */
export function traceMethodOf(prototype: object, key: string): void {
  let owner: object | null = prototype;
  while (owner !== null && !Object.hasOwn(owner, key)) owner = Object.getPrototypeOf(owner) as object | null;
  const descriptor = owner === null ? undefined : Object.getOwnPropertyDescriptor(owner, key);
  const method: unknown = descriptor?.value;
  if (owner === null || typeof method !== 'function' || !descriptor?.configurable) return;
  if (isTraceable(method as Method)) {
    Object.defineProperty(owner, key, { ...descriptor, value: traceMethod(method as Method, key) });
  }
}

function traceMethodsOf(prototype: object, isPipe: boolean): void {
  for (const key of Object.getOwnPropertyNames(prototype)) {
    if (!UNTRACED.has(key) && !(isPipe && key === 'transform')) traceMethodOf(prototype, key);
  }
}

/** A generator runs in the time of those who take from it. Classes are held by prototypes now and then. */
function isTraceable(method: Method): boolean {
  if (isWrapper(method) || tagOf(method).includes('Generator')) return false;
  return !Object.hasOwn(method, 'prototype') || !/^class\b/.test(Function.prototype.toString.call(method));
}
