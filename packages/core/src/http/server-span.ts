import type { IncomingMessage, ServerResponse } from 'node:http';
import { recordException } from '../trace/exception.js';
import { RecordingSpan, type SpanContext } from '../trace/recording-span.js';
import type { SpanData } from '../trace/span-data.js';
import type { Tracer } from '../trace/tracer.js';
import type { AnyResponse } from './any-response.js';
import { errorOf, isAnsweredInVain, isGone, saysThatClientLeft } from './client-left.js';
import { requestName } from './request-name.js';
import type { Upgrade } from './upgrade.js';

/** Methods that telemetry knows by name (OpenTelemetry, `http.request.method`). Any other method is `_OTHER`. */
const KNOWN_METHODS = new Set([
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'QUERY',
]);

/**
 * Finds the route template that a request matched, mount paths included, once its response has closed:
 * `/api/users/:id`. Returns `undefined` if no route matched. Never returns the concrete path.
 */
export type RouteOf = (request: IncomingMessage, response: ServerResponse) => string | undefined;

interface Thrown {
  readonly error: unknown;
}

/** An error that the body of a response reports. */
export interface ReportedError {
  readonly error: unknown;
  /** Whether the error is the client's. */
  readonly isClients: boolean;
  /** Whether the request has failed because of the error. */
  readonly isFailure: boolean;
}

/**
 * The span of one request. Names, attributes and status follow OpenTelemetry's semantic conventions for HTTP server
 * spans (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
 */
export class ServerSpan extends RecordingSpan {
  /** Notes of the adapter; see `notesOf`. */
  note: unknown = undefined;
  /** The error that the body of the response reports, as GraphQL does with status 200. */
  reported: ReportedError | undefined = undefined;
  /** The upgrade, if the request asks for another protocol on its connection. */
  upgrade: Upgrade | undefined = undefined;
  readonly #method: string;
  #routeOf: RouteOf | undefined;
  #isRouteOfPreliminary = false;
  #renamed = false;
  #thrown: Thrown | undefined;

  constructor(tracer: Tracer, context: SpanContext, method: string, routeOf: RouteOf) {
    const known = KNOWN_METHODS.has(method);
    const name = known ? method : 'HTTP';
    super(tracer, name, 'server', context);
    this.#method = name;
    this.#routeOf = routeOf;
    if (this.data !== undefined) {
      this.data.httpMethod = known ? method : '_OTHER';
      if (!known) tracer.attributes.set(this.data, 'http.request.method_original', method);
    }
  }

  override suppress(): void {
    super.suppress();
    this.note = undefined;
  }

  override rename(name: string): this {
    this.#renamed = true;
    return super.rename(name);
  }

  /**
   * Remembers an exception that the framework caught. The end of the response decides its meaning. An error that only
   * reports that the client has left is no exception of the application.
   */
  thrown(error: unknown, request: IncomingMessage): void {
    if (this.#routeOf === undefined || this.#thrown !== undefined) return;
    if (isGone(request) && error instanceof Error && saysThatClientLeft(error, request)) return;
    this.#thrown = { error };
  }

  /** Makes the function that finds the route one that the next {@link giveRouteOf} replaces. */
  awaitRouteOf(): void {
    this.#isRouteOfPreliminary = true;
  }

  /** Takes the function that finds the route, where the one at hand is preliminary. */
  giveRouteOf(routeOf: RouteOf): void {
    if (!this.#isRouteOfPreliminary || this.#routeOf === undefined) return;
    this.#isRouteOfPreliminary = false;
    this.#routeOf = routeOf;
  }

  /**
   * Drops the route, whatever `routeOf` would return, and the exception by which the framework may answer that no route
   * matched.
   */
  unmatched(): void {
    this.#routeOf = undefined;
  }

  /**
   * Ends the span when its request is over.
   *
   * @param isWhole whether the client got the whole response
   * @param onFault receives the error if `routeOf` throws
   */
  respond(
    request: IncomingMessage,
    response: AnyResponse,
    isWhole: boolean,
    responseHeaders: readonly string[],
    onFault: (what: string, error: unknown) => void,
  ): void {
    const routeOf = this.#routeOf;
    const thrown = this.#thrown;
    this.#routeOf = undefined;
    this.#thrown = undefined;
    const data = this.data;
    if (data === undefined) return;

    const upgrade = response.headersSent ? undefined : this.upgrade;
    let route: string | undefined;
    try {
      route = routeOf?.(request, response as ServerResponse);
    } catch (error) {
      onFault('the route of a request', error);
    }
    this.#name(data, route, upgrade?.isTakenOver ? upgrade.suffix : undefined);
    if (upgrade === undefined) this.#describeAnswer(data, request, response, isWhole, responseHeaders, thrown);
    else this.#describeUpgrade(data, upgrade, thrown);
    this.end();
  }

  #name(data: SpanData, route: string | undefined, suffix: string | undefined): void {
    if (route !== undefined) data.httpRoute = this.tracer.cleanName(route);
    if (this.#renamed) return;
    const words = [data.httpRoute, suffix].filter((word) => word !== undefined).join(' ');
    if (words !== '') data.name = requestName(this.#method, words);
  }

  #describeUpgrade(data: SpanData, upgrade: Upgrade, thrown: Thrown | undefined): void {
    if (upgrade.isTakenOver) data.httpStatusCode = 101;
    if (thrown !== undefined) {
      data.outcome = 'error';
      data.errorType = recordException(data, this.tracer.attributes, thrown.error);
    } else if (!upgrade.isTakenOver && !upgrade.isAnswered) {
      data.outcome = 'aborted';
      data.errorType ??= 'aborted';
    }
  }

  #describeAnswer(
    data: SpanData,
    request: IncomingMessage,
    response: AnyResponse,
    isWhole: boolean,
    responseHeaders: readonly string[],
    reported: Thrown | undefined,
  ): void {
    let thrown = reported;
    const wasCutOff = !isWhole;
    if (wasCutOff && thrown === undefined) {
      // A failing stream destroys the response before the framework is told (`stream.pipeline`, from Node 22 on).
      const error = errorOf(request, response);
      if (error) thrown = { error };
    }
    // The client broke off its upload. Body parsers report that as an exception ("request aborted"), and error handlers
    // write a response that no client receives. No status was sent, and nothing failed in the application.
    const brokeOff = wasCutOff && !request.complete && response.writableEnded === true;
    const isSent = !wasCutOff || (response.headersSent === true && !brokeOff && !isAnsweredInVain(response));
    const status = isSent ? response.statusCode : undefined;
    data.httpStatusCode = status;
    for (const name of responseHeaders) {
      this.tracer.attributes.set(data, `http.response.header.${name}`, headerValues(response.getHeader?.(name)));
    }

    const exception = thrown && recordException(data, this.tracer.attributes, thrown.error);
    if (status !== undefined && status >= 500) {
      data.outcome = wasCutOff && exception === undefined ? 'aborted' : 'error';
      data.errorType = String(status);
    } else if (wasCutOff && (exception === undefined || brokeOff)) {
      data.outcome = 'aborted';
      data.errorType ??= 'aborted';
    } else if (
      exception !== undefined &&
      (wasCutOff || status === undefined || (status < 400 && !isClientError(thrown?.error)))
    ) {
      // An exception answered with 4xx is the client's error, which leaves the status of a server span unset. The same
      // holds for an exception that states a 4xx itself, whatever the response: a guard's 401 may become a redirect to
      // the login.
      data.outcome = 'error';
      data.errorType = exception;
    }
  }

  override end(): void {
    const { reported, data } = this;
    this.reported = undefined;
    // The notes of an adapter refer to objects of Express or Koa. Whatever captured the async context must not retain
    // them.
    this.note = undefined;
    try {
      if (reported !== undefined && data !== undefined) this.#keepReported(data, reported);
    } finally {
      super.end();
    }
  }

  /** Records the reported error. A 4xx or 5xx status of the response outranks it. */
  #keepReported(data: SpanData, { error, isFailure }: ReportedError): void {
    if (data.attributes['exception.type'] !== undefined) return;
    const type = recordException(data, this.tracer.attributes, error);
    if (!isFailure || data.outcome !== 'ok' || (data.httpStatusCode ?? 0) >= 400) return;
    data.outcome = 'error';
    data.errorType = type;
  }
}

/** Whether an exception itself states a status below 500, as those of Nest, Koa and `http-errors` do. */
function isClientError(error: unknown): boolean {
  try {
    const { status, statusCode } = error as { readonly status?: unknown; readonly statusCode?: unknown };
    const own = status ?? statusCode;
    return typeof own === 'number' && own < 500;
  } catch {
    return false;
  }
}

/** Header values in OpenTelemetry's form, which is always a list. */
export function headerValues(value: number | string | readonly string[] | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? value : [String(value)];
}
