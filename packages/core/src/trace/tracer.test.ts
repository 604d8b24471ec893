import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AttributeRecorder } from '../attributes/attribute-recorder.js';
import { createRedactor } from '../attributes/redaction.js';
import { LedgerCounters } from '../sink/ledger.js';
import { Tracer } from './tracer.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function build(): Tracer {
  const limits = { maxAttributes: 10, maxValueLength: 100 };
  const recorder = new AttributeRecorder(
    limits,
    createRedactor({}, () => {}),
  );
  return new Tracer(recorder, new LedgerCounters(), {
    needsTraces: false,
    ended: () => {},
    suppressed: () => {},
    holdTraces: () => {},
  });
}

describe('the spans that have been open for a while', () => {
  const namesOf = (tracer: Tracer, limit = 10) => tracer.openFor(1_000, limit).map(({ name }) => name);

  it('are known, the oldest first, until they end', () => {
    const tracer = build();
    const first = tracer.start('first');
    vi.advanceTimersByTime(600);
    tracer.start('second', { attributes: { user: 7 } });
    expect(namesOf(tracer)).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(namesOf(tracer)).toEqual(['first']);
    vi.advanceTimersByTime(500);
    expect(namesOf(tracer)).toEqual(['first', 'second']);
    first.end();
    expect(tracer.openFor(1_000, 10)).toMatchObject([{ name: 'second', values: { user: 7 } }]);
  });

  it('are as many as asked for', () => {
    const tracer = build();
    for (const name of ['a', 'b', 'c']) tracer.start(name);
    vi.advanceTimersByTime(2_000);
    expect(namesOf(tracer, 2)).toEqual(['a', 'b']);
  });

  it('are none when the tracer is closed', () => {
    const tracer = build();
    tracer.start('a');
    vi.advanceTimersByTime(2_000);
    tracer.interruptOpen();
    expect(namesOf(tracer)).toEqual([]);
  });
});
