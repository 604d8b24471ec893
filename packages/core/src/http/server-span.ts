import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { RecordingSpan, type SpanContext } from '../trace/recording-span.js';
import type { Tracer } from '../trace/tracer.js';
import { requestName } from './request-name.js';

/** Methods with a name of their own in telemetry (OpenTelemetry, `http.request.method`); any other is `_OTHER`. */
const KNOWN_METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE']);

/**
 * Finds the route template a request matched, mount paths included, once its response has closed: `/api/users/:id`;
 * `undefined` if no route matched. Never the concrete path.
 */
export type RouteOf = (request: IncomingMessage, response: ServerResponse) => string | undefined;

/**
 * The span of one request. Names, attributes and status follow OpenTelemetry's semantic conventions for HTTP server
 * spans (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
 */
export class ServerSpan extends RecordingSpan {
  /** Its adapter's; see `notesOf`. */
  note: unknown = undefined;
  readonly #method: string;
  #routeOf: RouteOf | undefined;
  #renamed = false;
  #thrown: { readonly error: unknown } | undefined;

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

  override rename(name: string): this {
    this.#renamed = true;
    return super.rename(name);
  }

  /** Remembers an exception that the framework saw; what it means is decided by how the response ends. */
  thrown(error: unknown): void {
    if (this.#routeOf !== undefined) this.#thrown ??= { error };
  }

  /** Leaves the route out, whatever `routeOf` would say, and the exception by which the framework may answer that there is none. */
  unmatched(): void {
    this.#routeOf = undefined;
  }

  /**
   * Ends the span as its response has closed. `finish` alone would not do: it does not fire when the client goes away,
   * and `statusCode` then reads 200 though nothing was sent.
   */
  respond(request: IncomingMessage, response: ServerResponse, responseHeaders: readonly string[]): void {
    const routeOf = this.#routeOf;
    let thrown = this.#thrown;
    this.#routeOf = undefined;
    this.#thrown = undefined;
    const data = this.data;
    if (data === undefined) return;

    const route = routeOf?.(request, response);
    if (route !== undefined) {
      data.httpRoute = this.tracer.attributes.text(route);
      if (!this.#renamed) data.name = requestName(this.#method, data.httpRoute);
    }
    const wasCutOff = isCutOff(response);
    // A stream that fails takes the response with it, before the framework is told (`stream.pipeline`, from Node 22 on).
    if (wasCutOff && response.errored) thrown ??= { error: response.errored };
    // The client broke off its upload. Body parsers report that as an exception ("request aborted"), and error handlers
    // answer it to nobody: no status was sent, and nothing failed here.
    const brokeOff = wasCutOff && !request.complete && response.writableEnded;
    const isSent = !wasCutOff || (response.headersSent && !brokeOff && !isAnsweredInVain(response));
    const status = isSent ? response.statusCode : undefined;
    data.httpStatusCode = status;
    for (const name of responseHeaders) {
      this.tracer.attributes.set(data, `http.response.header.${name}`, headerValues(response.getHeader(name)));
    }

    const exception = thrown && this.recordException(data, thrown.error);
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
      // An exception answered with 4xx is the client's error: for a server span that leaves the status unset. So is one that says so,
      // whatever it was answered with: a guard's 401 becomes a redirect to the login.
      data.outcome = 'error';
      data.errorType = exception;
    }
    this.end();
  }
}

/**
 * Whether the client went away before it had everything. Where there is no connection (a request injected in a test, or by
 * a serverless adapter), nobody can go away from a response that was ended. A response that has reached its client has let go
 * of the connection; Node 20 and 22 call one finished, too, that was written to a connection already gone.
 */
function isCutOff(response: ServerResponse): boolean {
  const { socket } = response;
  if (!(socket instanceof Socket)) return !response.writableFinished && !response.writableEnded;
  return !response.writableFinished || socket.destroyed;
}

/** Whether a whole answer was written to a connection that nothing was ever sent over: it was gone already. */
function isAnsweredInVain({ socket, writableEnded }: ServerResponse): boolean {
  return writableEnded && socket?.destroyed === true && socket.bytesWritten === 0;
}

/** Whether an exception names a status below 500 itself, as those of Nest, Koa and `http-errors` do. */
function isClientError(error: unknown): boolean {
  try {
    const { status, statusCode } = error as { readonly status?: unknown; readonly statusCode?: unknown };
    const own = status ?? statusCode;
    return typeof own === 'number' && own < 500;
  } catch {
    return false;
  }
}

/** Header values as OpenTelemetry has them: always a list. */
export function headerValues(value: number | string | readonly string[] | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? value : [String(value)];
}
