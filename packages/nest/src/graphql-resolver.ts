import type { IncomingMessage } from 'node:http';
import {
  annotateRequest,
  describeOperation,
  type GraphqlOperation,
  graphqlRequestOf,
  graphqlSpanOf,
  ignoreRequest,
  isDescribed,
} from '@ferretjs/core/adapter';
import type { ExecutionContext } from '@nestjs/common';
import type { Annotation } from './annotate.decorator.js';
import { describeHandler } from './handler-description.js';

/** The part of graphql-js's `GraphQLResolveInfo` that this package reads. */
interface ResolveInfo {
  readonly operation: GraphqlOperation & { readonly selectionSet: SelectionSet };
  readonly fragments: Readonly<Record<string, { readonly selectionSet: SelectionSet } | undefined>>;
  readonly path: { readonly prev: unknown };
}
interface SelectionSet {
  readonly selections: readonly Selection[];
}
/** A field, or a fragment: inline, or by name. */
interface Selection {
  readonly kind: string;
  readonly name?: { readonly value: string };
  readonly alias?: { readonly value: string };
  readonly selectionSet?: SelectionSet;
}

/** Number of root fields, by operation. Servers parse a document once and keep it. */
const rootFields = new WeakMap<object, number>();

/** Number of root fields with `@NoTrace()` that a request has reached so far. */
const untraced = new WeakMap<IncomingMessage, number>();

/**
 * Records on a request's span which resolver it went to, as for the handler of a route. An operation may have several
 * root fields. Then the annotations of all of them are on the span, without the name of a function. The request is left
 * out only if all root fields have `@NoTrace()`, so that a client cannot hide a request by adding a field. A batch is
 * never left out.
 *
 * @returns true, because a guard lets every request pass
 */
export function describeResolver(context: ExecutionContext): true {
  try {
    if (context.getType<string>() === 'graphql') describe(context);
  } catch {
    // The context is not one of Nest's own drivers.
  }
  return true;
}

function describe(context: ExecutionContext): void {
  const [, , serverContext, info] = context.getArgs<[unknown, unknown, unknown, ResolveInfo | undefined]>();
  // Resolvers of nested fields have guards, too, if the application enables that.
  if (info?.operation === undefined || info.path.prev !== undefined) return;
  const request = graphqlRequestOf(serverContext);
  const span = request && graphqlSpanOf(serverContext);
  if (request === undefined || span === undefined) return;

  if (!isDescribed(span)) describeOperation(serverContext, info.operation);
  const fields = countRootFields(info);
  const { isUntraced, annotations } = describeHandler(context);
  if (isUntraced) ignoreIfAllAre(request, fields, serverContext);
  else {
    for (const annotation of fields === 1 ? annotations : annotations.map(withoutFunction)) {
      annotateRequest(request, annotation, context);
    }
  }
}

function ignoreIfAllAre(request: IncomingMessage, fields: number, serverContext: unknown): void {
  const count = (untraced.get(request) ?? 0) + 1;
  untraced.set(request, count);
  if (count === fields && !isBatch(serverContext)) ignoreRequest(request);
}

/** Whether the request has a batch of operations. Servers execute them concurrently, and none knows of the others. */
function isBatch(serverContext: unknown): boolean {
  const { req } = serverContext as { readonly req?: { readonly body?: unknown } };
  return Array.isArray(req?.body) && req.body.length > 1;
}

function withoutFunction(annotation: Annotation): Annotation {
  if (typeof annotation === 'function') return annotation;
  const { 'code.function.name': _, ...rest } = annotation;
  return rest;
}

function countRootFields({ operation, fragments }: ResolveInfo): number {
  let count = rootFields.get(operation);
  if (count === undefined) {
    const names = new Set<string>();
    collect(operation.selectionSet, fragments, names, new Set());
    count = names.size;
    rootFields.set(operation, count);
  }
  return count;
}

/**
 * Collects the names of root fields. Fields that `@skip` leaves out count as well, so that the request is rather kept.
 */
function collect(
  { selections }: SelectionSet,
  fragments: ResolveInfo['fragments'],
  names: Set<string>,
  seen: Set<SelectionSet>,
): void {
  for (const { kind, name, alias, selectionSet } of selections) {
    if (kind === 'Field') {
      // The application has no resolver for `__typename`.
      if (name !== undefined && !name.value.startsWith('__')) names.add((alias ?? name).value);
      continue;
    }
    const inner = selectionSet ?? (name && fragments[name.value]?.selectionSet);
    if (inner === undefined || seen.has(inner)) continue;
    seen.add(inner);
    collect(inner, fragments, names, seen);
  }
}
