import { currentSpan, type Span } from '@ferretjs/core';
import { spanOf } from '@ferretjs/core/http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf } from './request-of.js';

const createDecorator = createParamDecorator((_: undefined, context: ExecutionContext): Span | undefined => {
  const request = requestOf(context);
  return (request && spanOf(request)) ?? currentSpan();
});

/**
 * A handler's parameter: the request's span; in a handler of another kind, the current span; `undefined` if there is none.
 *
 * @example
 * class Carts {
 *   show(@CurrentSpan() span: Span | undefined) {
 *     span?.annotate({ 'cart.items': 3 });
 *   }
 * }
 */
export const CurrentSpan = (): ParameterDecorator => createDecorator();
