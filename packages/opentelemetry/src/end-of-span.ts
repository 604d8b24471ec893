import type { ForeignEnd, ForeignSpan } from '@ferretjs/core/adapter';
import { exceptionOf, exceptionType } from './exception.js';
import { maskQuery } from './query-text.js';
import type { ReadableSpan } from './readable-span.js';
import { requestOf } from './request.js';
import { kindOf } from './span-kind.js';

/** `SpanStatusCode` of OpenTelemetry's API. */
const UNSET = 0;
const ERROR = 2;

/** Attributes that say with which code a call has failed, by the conventions for databases and remote procedures. */
const CODES = ['db.response.status_code', 'rpc.response.status_code', 'rpc.grpc.status_code'];

/**
 * Reads what an ended span of OpenTelemetry says of its end.
 *
 * @param durationNanos `undefined` for the time since its start
 */
export function endOf(span: ReadableSpan, durationNanos: number | undefined): ForeignEnd {
  const request = kindOf(span.kind) === 'server' ? requestOf(span) : undefined;
  const status = request === undefined ? callStatusOf(span) : request.status;
  const failsFrom = request === undefined ? 400 : 500;
  const hasFailed =
    span.status.code === ERROR || (span.status.code === UNSET && status !== undefined && status >= failsFrom);
  return {
    name: request?.name ?? nameOf(span),
    durationNanos,
    outcome: hasFailed ? 'error' : 'ok',
    errorType: hasFailed ? errorTypeOf(span, status, failsFrom) : undefined,
    httpMethod: request?.method,
    httpRoute: request?.route,
    httpStatusCode: request?.status,
    notes: span,
  };
}

/** Ends a span of Ferret's; where the other library's cannot be read, as it is known so far. */
export function finish(span: ForeignSpan | undefined, end: () => ForeignEnd): void {
  try {
    span?.finish(end());
  } catch {
    span?.end();
  }
}

/** A query's text is no name: it has values. */
function nameOf({ name, attributes }: ReadableSpan): string {
  const system = attributes['db.system.name'] ?? attributes['db.system'];
  if (system === undefined) return name;
  const text = attributes['db.query.text'] ?? attributes['db.statement'];
  return text === name ? (maskQuery(name, system).summary ?? String(system)) : name;
}

/** The status that a call over HTTP was answered with. */
function callStatusOf({ kind, attributes }: ReadableSpan): number | undefined {
  if (kindOf(kind) !== 'client') return undefined;
  const status = Number(attributes['http.response.status_code'] ?? attributes['http.status_code']);
  return Number.isInteger(status) ? status : undefined;
}

/** A status that is a failure says most, as with Ferret's own spans; then the span's own word, then its exception. */
function errorTypeOf(span: ReadableSpan, status: number | undefined, failsFrom: number): string {
  if (status !== undefined && status >= failsFrom) return String(status);
  const { attributes } = span;
  const given = attributes['error.type'];
  if (typeof given === 'string' && given !== '') return given;
  const type = exceptionType(exceptionOf(span));
  if (type !== undefined) return type;
  const code = CODES.map((name) => attributes[name]).find((value) => value !== undefined && value !== null);
  return code === undefined ? '_OTHER' : String(code);
}
