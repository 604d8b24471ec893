import type { StoredSpan } from '@ferretjs/core/reader';

export const FIXTURE_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A span as the reader gives it. */
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

export async function* asIterable<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

export async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}
