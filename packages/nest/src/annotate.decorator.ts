import type { Attributes } from '@ferretjs/core';
import type { ExecutionContext } from '@nestjs/common';

const ANNOTATIONS = Symbol.for('ferretjs.nest.annotations');

/** Fixed attributes, or a function that makes them from Nest's execution context. */
export type Annotation = Attributes | ((context: ExecutionContext) => Attributes);

/**
 * Adds attributes to the span of every request to a handler, or to all handlers of a controller. Attributes of a
 * handler override those of its controller key by key; with several decorators, the upper ones override the lower ones.
 * If a function throws, the span gets only `ferret.annotate_error`.
 *
 * @example
 * @Annotate({ team: 'growth' })
 * class Carts {
 *   @Annotate((context) => ({ 'cart.handler': context.getHandler().name }))
 *   show() {}
 * }
 */
export function Annotate(annotation: Annotation): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const annotated: object = descriptor?.value ?? target;
    Reflect.defineMetadata(ANNOTATIONS, [...annotationsOf(annotated), annotation], annotated);
  };
}

/** Returns the annotations of a controller or a handler, in the order in which they apply: later ones override. */
export function annotationsOf(annotated: object): readonly Annotation[] {
  return Reflect.getMetadata(ANNOTATIONS, annotated) ?? [];
}
