import { currentSpan, type Span } from '@ferretjs/core';
import { spanOf } from '@ferretjs/core/adapter';
import { createParamDecorator, type ExecutionContext, type Type } from '@nestjs/common';
import { requestOf } from './request-of.js';

const createDecorator = createParamDecorator((_: undefined, context: ExecutionContext): Span | undefined => {
  try {
    const request = requestOf(context);
    return (request && spanOf(request)) ?? currentSpan();
  } catch {
    return currentSpan(); // The context is not one of Nest's own.
  }
});

const TAKES_SPAN = Symbol.for('ferretjs.nest.currentSpan');

/**
 * A parameter of a handler: the request's span; in other kinds of handlers the current span; `undefined` if there is
 * none.
 *
 * @example
 * class Carts {
 *   show(@CurrentSpan() span: Span | undefined) {
 *     span?.annotate({ 'cart.items': 3 });
 *   }
 * }
 */
export function CurrentSpan(): ParameterDecorator {
  const decorate = createDecorator();
  return (target, key, index) => {
    decorate(target, key, index);
    if (key !== undefined) Reflect.defineMetadata(TAKES_SPAN, true, target, key);
  };
}

/** Whether a method of a class has a parameter with {@link CurrentSpan}. */
export function takesCurrentSpan(owner: Type, method: string): boolean {
  return Reflect.hasMetadata(TAKES_SPAN, owner.prototype, method);
}
