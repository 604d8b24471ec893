import { type AnyFunction, type Ferret, FerretError } from '@ferretjs/core';
import { endWhenSettled, withSpan } from '@ferretjs/core/http';
import { livingFerret } from './living-modules.js';
import { isCold, traceObservable } from './trace-observable.js';

/** Of methods, as TypeScript's `experimentalDecorators` and as the standard apply it. */
export interface MeasureDecorator {
  <Method extends AnyFunction>(method: Method, context: ClassMethodDecoratorContext): Method;
  <Method extends AnyFunction>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Method>): void;
}

/**
 * Measures every call of a method in a span of its own, a child of the current one. It ends when the method returns, its promise
 * settles or its observable completes; each further subscription is a span too. Where no `FerretModule` runs, as in a
 * unit test, the method is called as it is.
 *
 * @param name Default: `Class.method`, with the class of the instance.
 * @throws FerretError `INVALID_OPTION` where it decorates something other than a method.
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
    throw new FerretError('INVALID_OPTION', `Ferret: @Measure() is for methods; ${String(key)} is none.`);
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
  // What decorators below this one have said of the method: Nest keeps routes and guards so.
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
    span.recordError(error).end();
    throw error;
  }
  return isCold(result) ? traceObservable(result, span, () => ferret.start(name)) : endWhenSettled(span, result);
}

/** `Orders.` for an instance of it and for the class itself; nothing where there is neither. */
function classNameOf(self: unknown): string {
  const owner = typeof self === 'function' ? self : (self as object | undefined)?.constructor;
  return owner?.name ? `${owner.name}.` : '';
}
