import type { ExecutionContext } from '@nestjs/common';
import { type Annotation, annotationsOf } from './annotate.decorator.js';
import { isUntraced } from './no-trace.decorator.js';

/** The description of every request to one handler. */
export interface HandlerDescription {
  readonly isUntraced: boolean;
  /** The annotations in the order in which they apply. */
  readonly annotations: readonly Annotation[];
}

type Handlers = Map<unknown, HandlerDescription>;

/** Descriptions by controller, then by handler, because classes that inherit a handler share its function. */
const known = new WeakMap<object, Handlers>();

/** Describes the handler of a request. The description is computed once for each handler, at its first request. */
export function describeHandler(context: ExecutionContext): HandlerDescription {
  const [controller, handler] = [context.getClass(), context.getHandler()];
  let handlers = known.get(controller);
  if (handlers === undefined) {
    handlers = new Map();
    known.set(controller, handlers);
  }
  let description = handlers.get(handler);
  if (description === undefined) {
    description = {
      isUntraced: isUntraced(controller) || isUntraced(handler),
      annotations: merge([
        // OpenTelemetry's attribute for the fully qualified name of the function.
        { 'code.function.name': `${controller.name}.${handler.name}` },
        ...annotationsOf(controller),
        ...annotationsOf(handler),
      ]),
    };
    handlers.set(handler, description);
  }
  return description;
}

/** Merges neighbouring fixed attributes into one annotation. */
function merge(annotations: readonly Annotation[]): Annotation[] {
  const merged: Annotation[] = [];
  for (const annotation of annotations) {
    const last = merged.at(-1);
    if (typeof last === 'object' && typeof annotation === 'object') merged.splice(-1, 1, { ...last, ...annotation });
    else merged.push(annotation);
  }
  return merged;
}
