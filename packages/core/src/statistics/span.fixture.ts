import type { SpanRecord } from '../trace/span.js';

/** An ended span with ordinary values, except for those given. */
export function spanRecord(span: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    parentId: undefined,
    isLocalRoot: true,
    name: 'GET /users/:id',
    kind: 'server',
    startMicros: 1_767_225_600_000_000,
    durationNanos: 2_000_000,
    outcome: 'ok',
    errorType: undefined,
    httpMethod: 'GET',
    httpRoute: '/users/:id',
    httpStatusCode: 200,
    sharedAttributes: undefined,
    attributes: {},
    ...span,
  };
}
