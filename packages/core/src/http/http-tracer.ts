import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes } from '../attributes/attribute-value.js';
import type { Redactor } from '../attributes/redaction.js';
import { requireSynchronous } from '../synchronous.js';
import { parseRemoteSpan } from '../trace/carrier.js';
import { currentSpan, isStorageShared, withSpan } from '../trace/context.js';
import { foreignServerSpan } from '../trace/foreign-span.js';
import { isSuppressed, RecordingSpan } from '../trace/recording-span.js';
import type { RemoteSpan, Span } from '../trace/span.js';
import type { SpanData } from '../trace/span-data.js';
import type { SpanMaker, Tracer } from '../trace/tracer.js';
import type { AnyResponse, UpgradableRequest } from './any-response.js';
import { beforeEnd } from './before-end.js';
import { isCutOff } from './client-left.js';
import type { HttpOptions } from './http-options.js';
import { createIgnore, createPathIgnore } from './ignore.js';
import { Peers } from './peer.js';
import { RequestDescription } from './request-description.js';
import { whenOver } from './request-end.js';
import { headerValues, type RouteOf, ServerSpan } from './server-span.js';
import { Upgrade } from './upgrade.js';

/**
 * The property of a request that holds its span: for `spanOf`, and to show a second adapter or mount that the request
 * is traced already.
 */
const SPAN = Symbol.for('ferretjs.span');

interface TracedRequest extends UpgradableRequest {
  [SPAN]?: ServerSpan;
  /** Express keeps the requested path here, and changes `url` as the request enters routers. */
  originalUrl?: string;
  /** Express's view of the client's address, which honours `trust proxy`. */
  ip?: string;
}

/** Returns the span of a request, also where the async context has been lost. */
export function spanOf(request: IncomingMessage): Span | undefined {
  return (request as TracedRequest)[SPAN];
}

/**
 * Tells the span of a request which exception the framework caught. The end of the response decides its meaning. Never
 * throws.
 */
export function exceptionThrown(request: IncomingMessage, error: unknown): void {
  try {
    (request as TracedRequest)[SPAN]?.thrown(error, request);
  } catch {
    // A request or an error unlike Node's own may throw on access. The application's response must not fail for that.
  }
}

/** Tells the span of a request that no route matched, for frameworks that answer this with a route of their own. */
export function noRouteMatched(request: IncomingMessage): void {
  (request as TracedRequest)[SPAN]?.unmatched();
}

/**
 * Stops recording a request, and every span that is started below it from now on. For cases in which only the handler
 * knows that the request should be ignored.
 */
export function ignoreRequest(request: IncomingMessage): void {
  (request as TracedRequest)[SPAN]?.suppress();
}

/**
 * Adds attributes to the span of a request. They are fixed, or a function makes them from the framework's context. If
 * the function throws, the request continues and the span gets `ferret.annotate_error`.
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
 * Returns the holder of an adapter's notes on a request, which is its span; `undefined` for a request without a span.
 * Properties of its own on the request would cost more, see docs/performance.md.
 */
export function notesOf(request: IncomingMessage): { note: unknown } | undefined {
  return (request as TracedRequest)[SPAN];
}

/** A request that comes in, and what is known of it. */
interface Arrival {
  readonly request: TracedRequest;
  readonly response: ServerResponse | undefined;
  readonly routeOf: RouteOf;
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  /** The caller's span, where the trace is not continued and the request only says where it came from. */
  readonly caller: RemoteSpan | undefined;
  /** When the request is over, as {@link whenOver} has found. */
  when: ReturnType<typeof whenOver>;
}

/** Makes the server spans of requests. Every adapter builds on this class. */
export class HttpTracer {
  readonly options: HttpOptions;
  readonly #tracer: Tracer;
  readonly #redactor: Redactor;
  readonly #peers: Peers;
  /** Called before a response ends, and after the request is over. `undefined` where this is not needed. */
  onEnd: (() => void) | undefined;
  /** Whether the option `ignore` names a path. For requests that another library describes. */
  readonly ignoresPath: (path: string) => boolean;
  readonly #isIgnored: (request: IncomingMessage, path: string) => boolean;
  readonly #onFault: (what: string, error: unknown) => void;
  readonly #maker: SpanMaker<ServerSpan, Arrival>;

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
    this.ignoresPath = createPathIgnore(options.ignore);
    this.#isIgnored = createIgnore(options.ignore, (error) => onFault('the option ignore', error));
    this.#onFault = onFault;
    this.#maker = {
      make: (owner, context, { request, routeOf }) => new ServerSpan(owner, context, request.method ?? '', routeOf),
      prepare: (span, arrival) => this.#prepare(span, arrival),
      started: (span, arrival) => this.#started(span, arrival),
    };
  }

  /** Whether anything is recorded at all (see the option `enabled`). If not, an adapter need not look at requests. */
  get isEnabled(): boolean {
    return this.#tracer.isEnabled;
  }

  /**
   * Runs `next` in a span for the request, which ends when the request is over (see `whenOver`). A request that has a
   * span already gets no second one; `next` runs in the existing span, because a library may have lost the async
   * context. Nothing is recorded below an ignored request. Throws only what `next` throws.
   *
   * @param response the response to the request; an upgrade may have none
   * @param routeOf finds the route template when the request is over
   * @param isPreliminary whether the span begins before any framework has the request: then the first adapter that
   *   traces it later replaces `routeOf` by its own
   * @returns the result of `next`
   */
  trace<T>(
    request: IncomingMessage,
    response: ServerResponse | undefined,
    routeOf: RouteOf,
    next: () => T,
    isPreliminary = false,
  ): T {
    if (!this.#tracer.isEnabled) return next();
    let span: Span | undefined;
    try {
      const known = (request as TracedRequest)[SPAN];
      if (known === undefined) {
        span = this.#begin(request, response, routeOf);
        if (isPreliminary) (request as TracedRequest)[SPAN]?.awaitRouteOf?.();
      } else {
        if (!isPreliminary) known.giveRouteOf?.(routeOf);
        span = isToBeResumed(known) ? known : undefined;
      }
    } catch (error) {
      this.#onFault('the start of a request', error);
    }
    return span === undefined ? next() : withSpan(span, next);
  }

  /**
   * From now on ended spans wait for the end of their request, so that {@link ignoreRequest} also removes spans that
   * ended before it was called. The wait is bounded: five seconds, and 512 spans a request.
   */
  holdTraces(): void {
    this.#tracer.holdTraces();
  }

  /** Whether a span belongs to the same Ferret as this tracer, and not to another one in the process. */
  owns(span: Span): boolean {
    return span instanceof RecordingSpan && span.tracer === this.#tracer;
  }

  #begin(request: TracedRequest, response: ServerResponse | undefined, routeOf: RouteOf): Span | undefined {
    // Properties of the request are read once. Express gives each request a hidden class of its own, so that every
    // access takes V8 a lookup.
    const { headers } = request;
    const url = request.originalUrl ?? request.url ?? '';
    const { traceContext } = this.options;
    const caller =
      traceContext === 'ignore' ? undefined : parseRemoteSpan(headers['traceparent'], headers['tracestate']);
    const isContinued = traceContext === 'continue';
    return this.#tracer.startWith(
      this.#maker,
      { request, response, routeOf, headers, url, caller: isContinued ? undefined : caller, when: 'later' },
      // OpenTelemetry may have begun a span for the request, by an instrumentation of Node's server.
      (isStorageShared() ? foreignServerSpan() : undefined) ?? (isContinued ? caller : undefined),
    );
  }

  /** @returns whether the span is recorded */
  #prepare(span: ServerSpan, arrival: Arrival): boolean {
    const { request, response, headers, url, caller } = arrival;
    const description = new RequestDescription(
      this.#tracer.attributes,
      this.#redactor,
      this.#peers,
      request,
      headers,
      url,
    );
    if (this.options.ignore.length > 0 && this.#isIgnored(request, description.path)) {
      request[SPAN] = span;
      span.ignore();
      return false;
    }
    if (span.data !== undefined) {
      description.reserve(span.data);
      this.#describeEarly(span.data, request, headers);
    }
    if (caller !== undefined) {
      span.annotate({ 'ferret.caller.trace_id': caller.traceId, 'ferret.caller.span_id': caller.spanId });
    }
    if ((request.upgrade === true || headers.upgrade !== undefined) && Upgrade.canTell(request))
      span.upgrade = new Upgrade(request);
    const over = (isWhole: boolean) => this.#end(span, request, response ?? {}, isWhole);
    arrival.when = whenOver(request, response, over, span.upgrade !== undefined);
    // Nobody would ever hear of its end: a response of another make, such as that of an upgrade that a library answers.
    if (arrival.when === 'never') return false;
    if (this.onEnd !== undefined && response !== undefined) beforeEnd(response, () => this.#ending());
    request[SPAN] = span;
    return true;
  }

  /** The request may be over already. */
  #started(span: ServerSpan, { request, response, when }: Arrival): void {
    if (when === 'now') this.#end(span, request, response ?? {}, !isCutOff(request, response ?? {}));
  }

  /**
   * Records the headers and the client's address that options ask for. They may be gone when the request is over: a
   * closed socket forgets its address, and an application may change headers.
   */
  #describeEarly(data: SpanData, request: TracedRequest, headers: IncomingHttpHeaders): void {
    const { attributes } = this.#tracer;
    if (this.options.clientAddress) attributes.set(data, 'client.address', request.ip ?? request.socket?.remoteAddress);
    for (const name of this.options.requestHeaders) {
      attributes.set(data, `http.request.header.${name}`, headerValues(headers[name]));
    }
  }

  #end(span: ServerSpan, request: IncomingMessage, response: AnyResponse, isWhole: boolean): void {
    try {
      span.respond(request, response, isWhole, this.options.responseHeaders, this.#onFault);
    } catch (error) {
      try {
        span.end();
      } catch {
        // The stack is full. The tracer ends overdue spans later.
        if (span.data !== undefined && span.nextOverdue === undefined) {
          span.nextOverdue = this.#tracer.overdue;
          this.#tracer.overdue = span;
        }
      }
      this.#onFault('the end of a request', error);
    }
    this.#ending();
  }

  #ending(): void {
    try {
      this.onEnd?.();
    } catch (error) {
      this.#onFault('the end of a response', error);
    }
  }
}

/** Whether the current code runs in another trace, or in none, although the request is not over. */
function isToBeResumed(span: Span): boolean {
  return (span.isRecording || isSuppressed(span)) && currentSpan()?.traceId !== span.traceId;
}
