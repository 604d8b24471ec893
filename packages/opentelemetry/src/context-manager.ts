import { EventEmitter } from 'node:events';
import type { Context, ContextManager } from '@opentelemetry/api';
import { bindEmitter } from './bind-emitter.js';
import { activeContext, enterContext, runInContext } from './stored-context.js';

/** OpenTelemetry's contexts in the storage of Ferret's current span: each sees what the other has set. */
export class FerretContextManager implements ContextManager {
  active(): Context {
    return activeContext();
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return runInContext(context, () => Reflect.apply(fn, thisArg, args));
  }

  /** Binds a function, or all listeners that an emitter is given from now on. Anything else is returned as it is. */
  bind<T>(context: Context, target: T): T {
    if (target instanceof EventEmitter) return bindEmitter(target, (listener) => bindFunction(context, listener));
    return typeof target === 'function' ? bindFunction(context, target as T & AnyFunction) : target;
  }

  /** API 1.10: makes a context the current one until the token is disposed of. */
  attach(context: Context): { dispose(): void } {
    const leave = enterContext(context);
    let isLeft = false;
    return {
      dispose: () => {
        if (!isLeft) leave();
        isLeft = true;
      },
    };
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

type AnyFunction = (...args: never[]) => unknown;

function bindFunction<F extends AnyFunction>(context: Context, fn: F): F {
  const bound = function (this: unknown, ...args: never[]): unknown {
    return runInContext(context, () => fn.apply(this, args));
  };
  Object.defineProperty(bound, 'length', { value: fn.length, configurable: true });
  return bound as AnyFunction as F;
}
