import { type AnyFunction, type Attributes, FerretError, type Span } from '@ferretjs/core';
import { endWhenSettled, follow, isPromise, withSpan } from '@ferretjs/core/adapter';
import { livingFerret } from './living-modules.js';
import { wearFaceOf } from './methods/same-face.js';
import { fail } from './methods/trace-result.js';
import { markAsWrapper } from './methods/traced-classes.js';
import { isCold, traceObservable } from './trace-observable.js';

/** A decorator for methods, for TypeScript's `experimentalDecorators` and for standard decorators. */
export interface MeasureDecorator {
  <Method extends AnyFunction>(method: Method, context: ClassMethodDecoratorContext): Method;
  <Method extends AnyFunction>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Method>): void;
}

/** Options of {@link Measure}. Their functions get the arguments of the call, and must not change them. */
export interface MeasureOptions {
  /** The name of the span. Few different ones. Default: `Class.method`, with the class of the instance. */
  readonly name?: string | undefined;
  /**
   * Attributes of the span, or a function that makes them. If it throws, the span has `ferret.annotate_error` instead.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the parameters are those of the method
  readonly attributes?: Attributes | ((...args: any[]) => Attributes) | undefined;
  /** Measures only the calls for which this returns true; if it throws, the call is measured. Default: all. */
  // biome-ignore lint/suspicious/noExplicitAny: the parameters are those of the method
  readonly only?: ((...args: any[]) => boolean) | undefined;
}

const OPTIONS: Readonly<Record<keyof MeasureOptions, readonly string[]>> = {
  name: ['string'],
  attributes: ['object', 'function'],
  only: ['function'],
};

/**
 * Measures every call of a method in a span of its own, a child of the current one. The span ends when the method
 * returns, its promise settles or its observable completes; each further subscription is a span, too. If no
 * `FerretModule` runs, as in a unit test, the method is called unchanged.
 *
 * @param nameOrOptions the name of the span, or options
 * @throws FerretError `INVALID_OPTION` if it decorates something other than a method, or for an option that is unknown
 *   or of another type
 * @example
 * class Orders {
 *   @Measure('SELECT orders')
 *   async list() {
 *     return db.all('orders');
 *   }
 *
 *   @Measure({ attributes: (table: string) => ({ table }), only: (table: string) => table !== 'cache' })
 *   async load(table: string) {
 *     return db.all(table);
 *   }
 * }
 */
export function Measure(nameOrOptions?: string | MeasureOptions): MeasureDecorator {
  const options = acceptOptions(nameOrOptions);
  function decorate(target: unknown, context: unknown, descriptor?: PropertyDescriptor): unknown {
    if (typeof context === 'object') return measured(target, (context as ClassMethodDecoratorContext).name, options);
    if (descriptor === undefined) return measured(undefined, context as string | symbol, options);
    descriptor.value = measured(descriptor.value, context as string | symbol, options);
    return undefined;
  }
  return decorate as MeasureDecorator;
}

function acceptOptions(given: unknown): MeasureOptions {
  if (given === undefined) return {};
  if (typeof given === 'string') return { name: given };
  if (typeof given !== 'object' || given === null) {
    throw new FerretError(
      'INVALID_OPTION',
      `Ferret: @Measure() takes a name, options or nothing, not ${typeof given}.`,
    );
  }
  for (const [key, value] of Object.entries(given)) {
    const types = Object.hasOwn(OPTIONS, key) ? OPTIONS[key as keyof MeasureOptions] : undefined;
    if (types !== undefined && (value === undefined || (value !== null && types.includes(typeof value)))) continue;
    const accepted = types?.join(' or ') ?? 'nothing: the options are name, attributes and only';
    throw new FerretError(
      'INVALID_OPTION',
      `Ferret: the option ${key} of @Measure() got ${value === null ? 'null' : typeof value}, and accepts ${accepted}.`,
    );
  }
  return { ...given };
}

function measured(method: unknown, key: string | symbol, options: MeasureOptions): AnyFunction {
  if (typeof method !== 'function') {
    throw new FerretError('INVALID_OPTION', `Ferret: @Measure() is for methods; ${String(key)} is not a method.`);
  }
  const { name, attributes, only } = options;
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    const ferret = livingFerret();
    if (ferret === undefined || !isChosen(only, args)) return method.apply(this, args);
    const start = () => {
      const given = typeof attributes === 'function' ? made(attributes, args) : attributes;
      return ferret.start(name ?? `${classNameOf(this)}${String(key)}`, given && { attributes: given });
    };
    return call(start, () => method.apply(this, args));
  };
  wearFaceOf(wrapper, method);
  markAsWrapper(wrapper);
  return wrapper;
}

function isChosen(only: MeasureOptions['only'], args: readonly unknown[]): boolean {
  try {
    return only === undefined || only(...args) === true;
  } catch {
    return true;
  }
}

function made(attributes: (...args: readonly unknown[]) => Attributes, args: readonly unknown[]): Attributes {
  try {
    return attributes(...args);
  } catch (error) {
    return { 'ferret.annotate_error': error as Error } as unknown as Attributes;
  }
}

function call(start: () => Span, method: () => unknown): unknown {
  const span = start();
  let result: unknown;
  try {
    result = withSpan(span, method);
  } catch (error) {
    fail(span, error);
  }
  const settle = (value: unknown) =>
    isCold(value) ? traceObservable(value, span, start) : endWhenSettled(span, value);
  return isPromise(result) ? follow(result, settle, (error) => fail(span, error)) : settle(result);
}

/** Returns `Orders.` for an instance of the class and for the class itself; an empty text if there is no class. */
function classNameOf(self: unknown): string {
  const owner = typeof self === 'function' ? self : (self as object | undefined)?.constructor;
  return owner?.name ? `${owner.name}.` : '';
}
