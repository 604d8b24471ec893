import type { IncomingMessage } from 'node:http';
import { REDACTED } from '../attributes/secrets/secret-text.js';
import { currentSpan } from '../trace/context.js';
import { failureBy, failureOf, type GraphqlFailure } from './graphql-errors.js';
import { spanOf } from './http-tracer.js';
import type { ServerSpan } from './server-span.js';

/**
 * Attributes of OpenTelemetry's semantic conventions, "GraphQL server". `graphql.document` is left out, because it
 * holds text that clients write.
 */
const NAME = 'graphql.operation.name';
const TYPE = 'graphql.operation.type';
const TYPES: ReadonlySet<unknown> = new Set(['query', 'mutation', 'subscription']);

const DOCUMENT = /(^|&)(query|variables|extensions)=[^&]*/g;

/** The part of an operation in a parsed document that Ferret reads: neither its fields nor its arguments. */
export interface GraphqlOperation {
  readonly kind?: unknown;
  readonly operation?: unknown;
  readonly name?: { readonly value?: unknown } | undefined;
}

/** The context that a GraphQL server hands to its resolvers, in the shapes that are known. */
interface GraphqlContext {
  readonly req?: unknown;
  readonly request?: unknown;
  readonly reply?: { readonly request?: unknown };
  readonly ctx?: { readonly req?: unknown };
}

/** The properties in which Fastify and Koa keep Node's own request. */
interface Wrapped {
  readonly raw?: unknown;
  readonly req?: unknown;
}

/** Finds the request in the context that a GraphQL server hands to its resolvers. Returns only requests with a span. */
export function graphqlRequestOf(context: unknown): IncomingMessage | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const { req, request, reply, ctx } = context as GraphqlContext;
  for (const candidate of [req, reply?.request, request, ctx?.req]) {
    if (typeof candidate !== 'object' || candidate === null) continue;
    const { raw, req: inner } = candidate as Wrapped;
    for (const own of [raw, candidate, inner]) {
      if (typeof own === 'object' && own !== null && spanOf(own as IncomingMessage) !== undefined) {
        return own as IncomingMessage;
      }
    }
  }
  return undefined;
}

/**
 * Finds the span of the request that an operation belongs to: by the context of the operation, otherwise by the async
 * context. Operations over a WebSocket have none, because the request that opened the socket carries any number of
 * them.
 */
export function graphqlSpanOf(context: unknown): ServerSpan | undefined {
  const request = graphqlRequestOf(context);
  if (request !== undefined) {
    return request.headers.upgrade?.toLowerCase() === 'websocket' ? undefined : (spanOf(request) as ServerSpan);
  }
  // Recognised by shape: the span may belong to the other build of this package, CommonJS or ES module.
  const top = (currentSpan() as Partial<ServerSpan> | undefined)?.top as Partial<ServerSpan> | undefined;
  return top !== undefined && 'reported' in top ? (top as ServerSpan) : undefined;
}

/** Whether the span has the attributes of an operation already. */
export function isDescribed(span: ServerSpan): boolean {
  return span.data?.attributes[TYPE] !== undefined;
}

/**
 * Removes the document and its variables from `url.query`, which has them for GET requests, even if they cannot be
 * parsed.
 */
export function hideDocument(context: unknown): void {
  const span = graphqlSpanOf(context);
  span?.data?.describe();
  const query = span?.data?.attributes['url.query'];
  if (typeof query !== 'string') return;
  const hidden = query.replace(DOCUMENT, `$1$2=${REDACTED}`);
  if (hidden !== query) span?.annotate({ 'url.query': hidden });
}

/**
 * Finds the operation of a document that is executed: the operation of that name, or the only one. Its `name` comes
 * from the document, not from `operationName`.
 */
export function operationOf(document: unknown, operationName: unknown): GraphqlOperation | undefined {
  const { definitions = [] } = (document ?? {}) as { readonly definitions?: readonly GraphqlOperation[] };
  const operations = definitions.filter(({ kind }) => kind === 'OperationDefinition');
  if (operations.length === 1) return operations[0];
  return operations.find(({ name }) => name !== undefined && name.value === operationName);
}

/** Records the operation that a request asked for. For a batch it records the first, and that there were others. */
export function describeOperation(context: unknown, { operation, name }: GraphqlOperation = {}): void {
  const span = graphqlSpanOf(context);
  const attributes = span?.data?.attributes;
  if (span === undefined || attributes === undefined || !TYPES.has(operation)) return;
  const text = typeof name?.value === 'string' ? name.value : undefined;
  if (attributes[TYPE] === undefined) span.annotate({ [TYPE]: operation, [NAME]: text });
  else if (attributes[TYPE] !== operation || !isSame(attributes[NAME], text)) {
    span.annotate({ 'ferret.graphql_batch': true });
  }
}

/** Whether two names are equal; a recorded name that was cut is compared up to the cut. */
function isSame(known: unknown, name: string | undefined): boolean {
  if (typeof known !== 'string' || name === undefined) return known === name;
  return known === name || (known.endsWith('…') && name.startsWith(known.slice(0, -1)));
}

/**
 * Records the errors of a result: the first error of the server, as the exception that the resolver threw. A response
 * with status 200 has the outcome `error` if it has no data at all and the error is the server's. An error is the
 * client's, and leaves the outcome `ok`, in three cases: its status (`extensions.http.status`, or the exception's own)
 * is below 500, its `extensions.code` blames the client (`BAD_USER_INPUT`, `UNAUTHENTICATED`, ...), or GraphQL found it
 * before any resolver ran.
 */
export function reportErrors(context: unknown, errors: readonly unknown[] | undefined, data: unknown): void {
  if (!Array.isArray(errors) || errors.length === 0) return;
  const span = graphqlSpanOf(context);
  const failure = failureOf(errors);
  if (span === undefined || failure === undefined) return;
  keep(span, failure, !failure.isClients && (data === undefined || data === null));
}

/** Records an exception from the creation of the context. No resolver runs then, so there is no data. */
export function contextFailed(context: unknown, exception: unknown): void {
  const span = graphqlSpanOf(context);
  const failure = failureBy(exception);
  if (span !== undefined) keep(span, failure, !failure.isClients);
}

/** Records an exception that a resolver threw. The result decides later whether the request has failed. */
export function resolverThrew(context: unknown, exception: unknown): void {
  const span = graphqlSpanOf(context);
  if (span !== undefined) keep(span, failureBy(exception), false);
}

/** Keeps one of several errors: the first of the server, and the exception in preference to its formatted copy. */
function keep(span: ServerSpan, { error, isClients, isFormatted }: GraphqlFailure, isFailure: boolean): void {
  // A subscription may go on after its client has left; a span that has ended keeps nothing.
  if (!span.isRecording) return;
  const first = span.reported;
  if (first === undefined || (first.isClients && !isClients && !isFormatted)) {
    span.reported = { error, isClients, isFailure };
  } else if (isFailure && !first.isClients) {
    span.reported = { ...first, isFailure };
  }
}
