import type { StoredSpan } from '../sqlite/reader/spans.js';

/** The trace of {@link makeSpan}, unless it is told another. */
export const FIXTURE_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/**
 * A span as a reader gives it, for tests of what reads spans: a request of one millisecond, but for what is given.
 * Without a `parentId` it is a local root.
 */
export function makeSpan(span: Partial<StoredSpan> = {}): StoredSpan {
  return {
    traceId: FIXTURE_TRACE,
    spanId: '00f067aa0ba902b7',
    isLocalRoot: span.parentId === undefined,
    runId: 'run-1',
    processKey: 'process-1',
    pid: 4711,
    threadId: 0,
    name: 'GET /',
    kind: 'server',
    startMicros: 1_767_225_600_000_000,
    durationNanos: 1_000_000,
    outcome: 'ok',
    attributes: {},
    ...span,
  };
}
