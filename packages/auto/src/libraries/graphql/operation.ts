import { currentSpan } from '@ferretjs/core';
import { type GraphqlOperation, graphqlSpanOf, isDescribed, type Leaf, startLeaf } from '@ferretjs/core/adapter';
import { withoutValues } from '../../database/failure.js';
import { reportFault } from '../../fault.js';
import { FewNames } from '../../few-names.js';

/** The known part of an execution. Variables, the root value and the context are not read. */
export interface Operation {
  readonly document?: unknown;
  readonly operationName?: unknown;
}

interface Fault {
  readonly path?: unknown;
  readonly originalError?: unknown;
  readonly extensions?: { readonly code?: unknown } | null;
}

/** Clients choose the names of operations. */
const names = new FewNames();
/** Errors of one result that are looked at: a list may have as many as items. */
const MAX_ERRORS = 100;

/** Starts the span of an execution; `undefined` outside of a span, and where the request is described already. */
export function startOperation(given: Operation): Leaf | undefined {
  try {
    if (currentSpan() === undefined) return undefined;
    const request = graphqlSpanOf(undefined);
    if (request !== undefined && isDescribed(request)) return undefined;
    const { operation, name } = find(given) ?? {};
    if (typeof operation !== 'string') return undefined;
    const text = typeof name?.value === 'string' ? name.value : undefined;
    return startLeaf(text !== undefined && names.has(text) ? `${operation} ${text}` : operation, 'internal', {
      'graphql.operation.type': operation,
      'graphql.operation.name': text,
    });
  } catch (error) {
    reportFault('the instrumentation of graphql', error);
    return undefined;
  }
}

/** The operation of that name, or the only one. */
function find({ document, operationName }: Operation): GraphqlOperation | undefined {
  const { definitions } = (document ?? {}) as { readonly definitions?: unknown };
  if (!Array.isArray(definitions)) return undefined;
  const operations = (definitions as GraphqlOperation[]).filter(({ kind }) => kind === 'OperationDefinition');
  return operations.length === 1
    ? operations[0]
    : operations.find(({ name }) => name !== undefined && name.value === operationName);
}

/**
 * Ends the span with a result, and returns that. An exception of a resolver is kept; errors of the client's are none.
 */
export function endOperation<Result>(leaf: Leaf | undefined, result: Result): Result {
  if (leaf === undefined) return result;
  try {
    const exception = exceptionIn(result);
    if (exception !== undefined) failOperation(leaf, exception);
  } catch (error) {
    reportFault('the instrumentation of graphql', error);
  }
  leaf.end();
  return result;
}

export function failOperation(leaf: Leaf | undefined, error: unknown): void {
  leaf?.fail(withoutValues(error));
}

/** Errors without a path or an original are about the request, and quote it. */
function exceptionIn(result: unknown): unknown {
  const { errors } = (result ?? {}) as { readonly errors?: unknown };
  if (!Array.isArray(errors)) return undefined;
  for (const { path, originalError, extensions } of errors.slice(0, MAX_ERRORS) as Fault[]) {
    const isClients = typeof extensions?.code === 'string' && extensions.code !== 'INTERNAL_SERVER_ERROR';
    if (!isClients && path !== undefined && originalError !== null && originalError !== undefined) return originalError;
  }
  return undefined;
}
