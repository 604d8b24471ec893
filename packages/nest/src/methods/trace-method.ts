import { currentSpan, type Span } from '@ferretjs/core';
import { startChild, withSpan } from '@ferretjs/core/adapter';
import { type JobEntry, jobEntryOf } from '../roots/job-entry.js';
import { wearFaceOf } from './same-face.js';
import { traceIfLong, traceMiddleware } from './trace-if-long.js';
import { endWithResult, fail } from './trace-result.js';
import { filterOf, filtersVersion, markAsWrapper } from './traced-classes.js';

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The key of `@Catch()`'s metadata. The entry of `@nestjs/common` does not export Nest's constant for it. */
const FILTER = '__filterCatchExceptions__';

/** Levels of a recursion that are recorded. Wrappers take of the stack that deep recursions need. */
const MAX_DEPTH = 32;

/**
 * Returns a wrapper that makes a span of each call on an instance of a traced class, if a span is current.
 *
 * @param key the name of the method
 */
export function traceMethod(method: Method, key: string): Method {
  const call = new TracedMethod(method, key);
  // Methods are no constructors. What a decorator of the application put in their place is mostly a plain function.
  const wrapper: Method = Object.hasOwn(method, 'prototype')
    ? function (this: unknown, ...args) {
        return new.target === undefined
          ? call.depth < MAX_DEPTH
            ? call.run(this, args)
            : Reflect.apply(method, this, args)
          : Reflect.construct(method, args, new.target === wrapper ? method : new.target);
      }
    : {
        [key](this: unknown, ...args: unknown[]) {
          return call.depth >= MAX_DEPTH ? Reflect.apply(method, this, args) : call.run(this, args);
        },
      }[key]!;
  call.wrapper = wrapper;
  wearFaceOf(wrapper, method);
  markAsWrapper(wrapper);
  return wrapper;
}

class TracedMethod {
  readonly #method: Method;
  readonly #key: string;
  readonly #isAsync: boolean;
  readonly #entry: JobEntry | undefined;
  /** The function on the prototype. */
  wrapper: Method | undefined;
  /** Calls that have not returned yet. */
  depth = 0;
  /** The name of the span by the class of the instance; `undefined` for a class that has none. */
  #names = new WeakMap<object, string | undefined>();
  #version = 0;
  #lastClass: object | undefined;
  #lastName: string | undefined;

  constructor(method: Method, key: string) {
    this.#method = method;
    this.#key = key;
    this.#isAsync = tagOf(method) === '[object AsyncFunction]';
    this.#entry = jobEntryOf(method, key);
  }

  run(self: unknown, args: unknown[]): unknown {
    const method = this.#method;
    if (this.#key === 'use' || this.#key === 'catch') {
      const name = this.#enhancerName(self, args);
      const call = (given: unknown[]) => Reflect.apply(method, self, given);
      if (name !== undefined && this.#key === 'use') return traceMiddleware(name, args, call);
      if (name !== undefined) return traceIfLong(name, () => call(args));
    }
    const span = this.#start(self, args);
    let result: unknown;
    this.depth++;
    try {
      if (span === undefined) return Reflect.apply(method, self, args);
      result = withSpan(span, Reflect.apply as (...args: unknown[]) => unknown, method, self, args);
    } catch (error) {
      if (span === undefined) throw error;
      fail(span, error);
    } finally {
      this.depth--;
    }
    return endWithResult(span, result, this.#isAsync, () => this.#start(self, args) ?? span);
  }

  /** The name of a filter's or a middleware's span: these are only spans if they take long. */
  #enhancerName(self: unknown, args: readonly unknown[]): string | undefined {
    const name = this.#nameFor(self);
    if (name === undefined) return undefined;
    if (this.#key === 'use') return args.length === 3 && typeof args[2] === 'function' ? name : undefined;
    return Reflect.hasMetadata?.(FILTER, (self as object).constructor) ? name : undefined;
  }

  #start(self: unknown, args: readonly unknown[]): Span | undefined {
    const current = currentSpan();
    // A timer may have been started in a span, which has ended long since.
    if (this.#entry !== undefined && !current?.isRecording) return startJob(this.#entry, self, args);
    if (current === undefined) return undefined;
    const name = this.#nameFor(self);
    return name === undefined ? undefined : startChild(name);
  }

  #nameFor(self: unknown): string | undefined {
    try {
      if (typeof self !== 'object' || self === null) return undefined;
      const type = self.constructor;
      if (this.#version !== filtersVersion()) this.#forgetNames();
      if (type === this.#lastClass) return this.#lastName;
      if (typeof type !== 'function') return undefined;
      if (!this.#names.has(type)) this.#names.set(type, this.#makeName(type));
      this.#lastClass = type;
      this.#lastName = this.#names.get(type);
      return this.#lastName;
    } catch {
      return undefined; // A proxy that throws.
    }
  }

  #forgetNames(): void {
    this.#names = new WeakMap();
    this.#lastClass = undefined;
    this.#version = filtersVersion();
  }

  /** A class that overrides the method reaches this one by `super`, and its own call is the span. */
  // biome-ignore lint/complexity/noBannedTypes: any constructor
  #makeName(type: Function): string | undefined {
    const filter = filterOf(type);
    if (filter === undefined || Reflect.get(type.prototype, this.#key) !== this.wrapper) return undefined;
    return filter.selects(type.name, this.#key) ? `${type.name}.${this.#key}` : undefined;
  }
}

function startJob(entry: JobEntry, self: unknown, args: readonly unknown[]): Span | undefined {
  try {
    return entry.start(self, args);
  } catch {
    return undefined; // A job or a class of another shape.
  }
}

/** `[object AsyncFunction]`, `[object GeneratorFunction]` and so on. */
export function tagOf(method: Method): string {
  return Object.prototype.toString.call(method);
}
