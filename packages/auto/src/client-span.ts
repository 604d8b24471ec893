import { type Leaf, startLeaf } from '@ferretjs/core/adapter';
import { isPropagatedTo } from './propagation.js';

/** A call to another service, as far as it is known when it begins. */
export interface Call {
  readonly method: string;
  /** `http:` or `https:`. */
  readonly protocol: string;
  readonly hostname: string;
  /** `undefined` where it is not known yet. */
  readonly port: number | undefined;
  /** Path and query. */
  readonly path: string;
}

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
 * Starts the span of a call to another service, by OpenTelemetry's semantic conventions for HTTP client spans.
 * `undefined` where there is no span to be the parent. Secrets in the URL are removed with those of all attributes.
 */
export function startCall(call: Call): Leaf | undefined {
  const method = call.method.toUpperCase();
  const isKnown = KNOWN_METHODS.has(method);
  return startLeaf(isKnown ? method : 'HTTP', 'client', {
    'http.request.method': isKnown ? method : '_OTHER',
    ...(!isKnown && { 'http.request.method_original': call.method }),
    'server.address': call.hostname,
    ...addressOf(call),
  });
}

/** The attributes of a call that its port is a part of. */
export function addressOf(call: Call): Readonly<Record<string, string | number>> {
  const url = { 'url.full': `${originOf(call)}${call.path}` };
  return call.port === undefined ? url : { ...url, 'server.port': call.port };
}

/** The headers that take the trace to the called service: `traceparent`, and `tracestate` if there is one. */
export function traceHeaders(leaf: Leaf, call: Call): readonly (readonly [string, string])[] {
  const host = call.port === undefined ? call.hostname : `${call.hostname}:${call.port}`;
  if (!isPropagatedTo(host, () => `${originOf(call)}${call.path.split('?', 1)[0]}`)) return [];
  const { traceparent, tracestate } = leaf;
  return tracestate === undefined
    ? [['traceparent', traceparent]]
    : [
        ['traceparent', traceparent],
        ['tracestate', tracestate],
      ];
}

/** The answer to a call, or its absence. */
export interface Answer {
  readonly status: number | undefined;
  /** `1.1` or `2`; `undefined` where it is not known. */
  readonly httpVersion?: string | undefined;
  /** Whether the answer broke off before its end. */
  readonly isCutOff?: boolean;
}

/** Ends the span of a call: 4xx and 5xx are errors of the call, unlike a 4xx that this process answers. */
export function endCall(leaf: Leaf, { status, httpVersion, isCutOff = false }: Answer): void {
  const attributes = {
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(httpVersion !== undefined && { 'network.protocol.version': httpVersion }),
  };
  if (status !== undefined && status >= 400) leaf.failAs(String(status), attributes);
  else if (isCutOff) leaf.failAs('aborted', attributes);
  else leaf.end(attributes);
}

/**
 * Ends the span of a call that failed. Its `error.type` is the error's code, where it has one: `ECONNREFUSED` says more
 * than `Error`.
 *
 * @param status the status that had been answered before
 */
export function failCall(leaf: Leaf, error: unknown, status: number | undefined): void {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  const attributes = status === undefined ? {} : { 'http.response.status_code': status };
  leaf.recordError(error);
  if (typeof code === 'string') leaf.failAs(code, attributes);
  else leaf.end(attributes);
}

function originOf({ protocol, hostname, port }: Call): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  const isDefault = port === undefined || port === (protocol === 'https:' ? 443 : 80);
  return `${protocol}//${host}${isDefault ? '' : `:${port}`}`;
}
