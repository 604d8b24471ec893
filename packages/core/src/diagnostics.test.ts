import { expect, it } from 'vitest';
import { createReport, type Diagnostic } from './diagnostics.js';

it('reports each code at most once a minute, and says how many it held back', () => {
  const heard: Diagnostic[] = [];
  let now = 0;
  const report = createReport(
    (diagnostic) => heard.push(diagnostic),
    (text) => text,
    () => now,
  );
  report('QUEUE_FULL', 'first');
  report('QUEUE_FULL', 'second');
  report('WRITE_FAILED', 'other', new Error('disk'));
  now = 59_999;
  report('QUEUE_FULL', 'third');
  now = 60_000;
  report('QUEUE_FULL', 'fourth');
  expect(heard.map(({ message, suppressed }) => [message, suppressed])).toEqual([
    ['first', 0],
    ['other', 0],
    ['fourth', 2],
  ]);
});

it('survives an onDiagnostic that throws (FAULTS 28)', () => {
  const report = createReport(() => {
    throw new Error('logger down');
  });
  expect(() => report('QUEUE_FULL', 'x')).not.toThrow();
});

it('survives an asynchronous onDiagnostic that rejects (FAULTS 28)', async () => {
  const report = createReport(async () => {
    throw new Error('logger down');
  });
  // Vitest fails the run if a rejection is unhandled.
  expect(() => report('QUEUE_FULL', 'x')).not.toThrow();
  await new Promise(setImmediate);
});
