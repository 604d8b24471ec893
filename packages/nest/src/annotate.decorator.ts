import type { Attributes } from '@ferretjs/core';
import type { ExecutionContext } from '@nestjs/common';

const ANNOTATIONS = Symbol.for('ferretjs.nest.annotations');

/** Attributes, fixed or made from what Nest knows of the call. */
export type Annotation = Attributes | ((context: ExecutionContext) => Attributes);

/**
 * Puts attributes on the span of every request to a handler, or to all handlers of a controller. A handler's win over its
 * controller's, key by key; of several on one, the upper ones win. A function that throws leaves the span as it is, but for
 * `ferret.annotate_error`.
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

/** The annotations of a controller or a handler, the weakest first. */
export function annotationsOf(annotated: object): readonly Annotation[] {
  return Reflect.getMetadata(ANNOTATIONS, annotated) ?? [];
}
