import { type AnyFunction, type Ferret, FerretError, type Span } from '@ferretjs/core';
import { endWhenSettled, follow, isPromise, withSpan } from '@ferretjs/core/adapter';
import { livingFerret } from './living-modules.js';
import { isCold, traceObservable } from './trace-observable.js';

/** A decorator for methods, for TypeScript's `experimentalDecorators` and for standard decorators. */
export interface MeasureDecorator {
  <Method extends AnyFunction>(method: Method, context: ClassMethodDecoratorContext): Method;
  <Method extends AnyFunction>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Method>): void;
}

/**
 * Measures every call of a method in a span of its own, a child of the current one. The span ends when the method
 * returns, its promise settles or its observable completes; each further subscription is a span, too. If no
 * `FerretModule` runs, as in a unit test, the method is called unchanged.
 *
 * @param name the name of the span. Default: `Class.method`, with the class of the instance
 * @throws FerretError `INVALID_OPTION` if it decorates something other than a method
 * @example
 * class Orders {
 *   @Measure('SELECT orders')
 *   async list() {
 *     return db.all('orders');
 *   }
 * }
 */
export function Measure(name?: string): MeasureDecorator {
  if (name !== undefined && typeof name !== 'string') {
    throw new FerretError('INVALID_OPTION', `Ferret: @Measure() takes a name or nothing, not ${typeof name}.`);
  }
  function decorate(target: unknown, context: unknown, descriptor?: PropertyDescriptor): unknown {
    if (typeof context === 'object') return measured(target, (context as ClassMethodDecoratorContext).name, name);
    if (descriptor === undefined) return measured(undefined, context as string | symbol, name);
    descriptor.value = measured(descriptor.value, context as string | symbol, name);
    return undefined;
  }
  return decorate as MeasureDecorator;
}

function measured(method: unknown, key: string | symbol, name: string | undefined): AnyFunction {
  if (typeof method !== 'function') {
    throw new FerretError('INVALID_OPTION', `Ferret: @Measure() is for methods; ${String(key)} is not a method.`);
  }
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    const ferret = livingFerret();
    if (ferret === undefined) return method.apply(this, args);
    return call(ferret, name ?? `${classNameOf(this)}${String(key)}`, () => method.apply(this, args));
  };
  Object.defineProperties(wrapper, {
    name: { value: method.name, configurable: true },
    length: { value: method.length, configurable: true },
  });
  // Copies the metadata that decorators below this one have set: Nest keeps routes and guards in it.
  for (const metadataKey of Reflect.getOwnMetadataKeys?.(method) ?? []) {
    Reflect.defineMetadata(metadataKey, Reflect.getOwnMetadata(metadataKey, method), wrapper);
  }
  return wrapper;
}

function call(ferret: Ferret, name: string, method: () => unknown): unknown {
  const span = ferret.start(name);
  let result: unknown;
  try {
    result = withSpan(span, method);
  } catch (error) {
    fail(span, error);
  }
  const settle = (value: unknown) =>
    isCold(value) ? traceObservable(value, span, () => ferret.start(name)) : endWhenSettled(span, value);
  return isPromise(result) ? follow(result, settle, (error) => fail(span, error)) : settle(result);
}

function fail(span: Span, error: unknown): never {
  try {
    span.recordError(error);
  } finally {
    // After a stack overflow, the stack may be too full to describe the error.
    span.end();
  }
  throw error;
}

/** Returns `Orders.` for an instance of the class and for the class itself; an empty text if there is no class. */
function classNameOf(self: unknown): string {
  const owner = typeof self === 'function' ? self : (self as object | undefined)?.constructor;
  return owner?.name ? `${owner.name}.` : '';
}
