import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes } from '../attributes/attribute-recorder.js';
import type { Redactor } from '../attributes/redaction.js';
import { requireSynchronous } from '../synchronous.js';
import { withSpan } from '../trace/context.js';
import { SpanIds } from '../trace/ids.js';
import { RecordingSpan, type SpanContext, type SpanData } from '../trace/recording-span.js';
import type { Span } from '../trace/span.js';
import { parseTraceparent, parseTracestate } from '../trace/trace-context.js';
import type { Tracer } from '../trace/tracer.js';
import type { HttpOptions } from './http-options.js';
import { createIgnore } from './ignore.js';
import { Peers } from './peer.js';
import { headerValues, type RouteOf, ServerSpan } from './server-span.js';
import { redactQuery } from './url-query.js';

/** Where a request keeps its span: for `spanOf`, and so that a second adapter or mount sees it is taken care of. */
const SPAN = Symbol.for('ferretjs.span');

interface TracedRequest extends IncomingMessage {
  [SPAN]?: ServerSpan;
  /** Express keeps the path it was asked for here, and changes `url` as routers are entered. */
  originalUrl?: string;
  /** Express's view of the client's address, which honours `trust proxy`. */
  ip?: string;
}

/** The span of a request, wherever the async context has been lost. */
export function spanOf(request: IncomingMessage): Span | undefined {
  return (request as TracedRequest)[SPAN];
}

/** Tells the span of a request what the framework caught; how the response ends decides what it means. */
export function exceptionThrown(request: IncomingMessage, error: unknown): void {
  (request as TracedRequest)[SPAN]?.thrown(error);
}

/** Tells the span of a request that no route matched, for frameworks that answer that by a route of their own. */
export function noRouteMatched(request: IncomingMessage): void {
  (request as TracedRequest)[SPAN]?.unmatched();
}

/**
 * Takes a request out of the record, and all that is started below it from here on: where only the handler can tell that
 * it should be ignored.
 */
export function ignoreRequest(request: IncomingMessage): void {
  (request as TracedRequest)[SPAN]?.suppress();
}

/**
 * Puts attributes on the span of a request, fixed or made from what the framework gives its handlers. If a function
 * throws, the request goes on and the span says so.
 */
export function annotateRequest<Context>(
  request: IncomingMessage,
  attributes: Attributes | ((context: Context) => Attributes),
  context: Context,
): void {
  const span = spanOf(request);
  if (span === undefined) return;
  try {
    span.annotate(typeof attributes === 'function' ? requireSynchronous('It', attributes(context)) : attributes);
  } catch (error) {
    span.annotate({ 'ferret.annotate_error': error });
  }
}

/**
 * Where an adapter keeps what it knows of a request: with its span; nowhere if it has none. Properties of its own on the request
 * would cost more, see docs/performance.md.
 */
export function notesOf(request: IncomingMessage): { note: unknown } | undefined {
  return (request as TracedRequest)[SPAN];
}

/** Makes server spans of requests; what every adapter stands on. */
export class HttpTracer {
  readonly options: HttpOptions;
  readonly #tracer: Tracer;
  readonly #redactor: Redactor;
  readonly #peers: Peers;
  readonly #isIgnored: (request: IncomingMessage, path: string) => boolean;
  readonly #onFault: (what: string, error: unknown) => void;

  constructor(
    tracer: Tracer,
    options: HttpOptions,
    redactor: Redactor,
    onFault: (what: string, error: unknown) => void,
  ) {
    this.options = options;
    this.#tracer = tracer;
    this.#redactor = redactor;
    this.#peers = new Peers(tracer.attributes);
    this.#isIgnored = createIgnore(options.ignore, (error) => onFault('the option ignore', error));
    this.#onFault = onFault;
  }

  /**
   * Runs `next` in a span for the request, which ends when the response has closed. For a request that has one already, it
   * just runs `next`. Below one that is ignored, nothing is recorded. Nothing but what `next` throws is ever thrown.
   */
  trace<T>(request: IncomingMessage, response: ServerResponse, routeOf: RouteOf, next: () => T): T {
    let span: Span | undefined;
    try {
      span = this.#begin(request, response, routeOf);
    } catch (error) {
      this.#onFault('the start of a request', error);
    }
    return span === undefined ? next() : withSpan(span, next);
  }

  /** Whether a span is of the Ferret that this is of, and not of another one in the process. */
  owns(span: Span): boolean {
    return span instanceof RecordingSpan && span.isOf(this.#tracer);
  }

  #begin(request: TracedRequest, response: ServerResponse, routeOf: RouteOf): Span | undefined {
    if (request[SPAN] !== undefined) return undefined;
    // Read once, here and below: Express gives each request a hidden class of its own, so that every look takes V8 a search.
    const { headers } = request;
    const url = request.originalUrl ?? request.url ?? '';
    const question = url.indexOf('?');
    const path = pathOf(question === -1 ? url : url.slice(0, question));
    const incoming = this.#incoming(headers);
    const span = new ServerSpan(this.#tracer, incoming.context, request.method ?? '', routeOf);
    request[SPAN] = span;
    this.#tracer.started(span);
    if (this.#isIgnored(request, path)) {
      span.suppress();
      return span;
    }
    if (span.data !== undefined)
      this.#describe(span.data, request, headers, path, question === -1 ? '' : url.slice(question + 1));
    if (incoming.caller !== undefined) span.annotate(incoming.caller);
    // A client that went away before the middleware ran: `close` has been and will not come again.
    if (response.closed) this.#close(span, request, response);
    else response.on('close', () => this.#close(span, request, response));
    return span;
  }

  #describe(data: SpanData, request: TracedRequest, headers: IncomingHttpHeaders, path: string, query: string): void {
    const { attributes } = this.#tracer;
    data.sharedAttributes = this.#peers.of(request, headers);
    attributes.set(data, 'url.path', path);
    if (query !== '') attributes.set(data, 'url.query', redactQuery(query, this.#redactor));
    if (this.options.clientAddress) attributes.set(data, 'client.address', request.ip ?? request.socket.remoteAddress);
    for (const name of this.options.requestHeaders) {
      attributes.set(data, `http.request.header.${name}`, headerValues(headers[name]));
    }
  }

  /** Where the span belongs: W3C Trace Context, https://www.w3.org/TR/trace-context/. */
  #incoming(headers: IncomingHttpHeaders): { context: SpanContext; caller?: Record<string, string> } {
    const caller = this.options.traceContext === 'ignore' ? undefined : parseTraceparent(headers['traceparent']);
    if (caller !== undefined && this.options.traceContext === 'continue') {
      const tracestate = parseTracestate(headers['tracestate']);
      const { traceId, parentId, sampled } = caller;
      const ids = SpanIds.continuing(traceId, parentId);
      return { context: { ids, isLocalRoot: true, sampled, tracestate } };
    }
    const context = {
      ids: SpanIds.root(),
      isLocalRoot: true,
      sampled: true,
      tracestate: undefined,
    };
    if (caller === undefined) return { context };
    return { context, caller: { 'ferret.caller.trace_id': caller.traceId, 'ferret.caller.span_id': caller.parentId } };
  }

  #close(span: ServerSpan, request: IncomingMessage, response: ServerResponse): void {
    try {
      span.respond(request, response, this.options.responseHeaders);
    } catch (error) {
      span.end();
      this.#onFault('the end of a request', error);
    }
  }
}

/** The path of a request target: `/a` of `/a` and of `http://host/a` (RFC 9112, section 3.2). */
function pathOf(target: string): string {
  if (target.startsWith('/') || !target.includes('://')) return target;
  const slash = target.indexOf('/', target.indexOf('://') + 3);
  return slash === -1 ? '/' : target.slice(slash);
}
