import type { CrashSummary, SpanInFlight } from '@ferretjs/queries';
import { expect, it } from 'vitest';
import { openTerminal } from '../terminal.js';
import { renderCrash } from './crash.js';

const terminal = openTerminal({ write: () => true }, { write: () => true }, {});

function span(spanId: string, parentId: string | null = null): SpanInFlight {
  return {
    traceId: 'ab',
    spanId,
    parentId,
    parentName: null,
    isLocalRoot: false,
    name: spanId,
    kind: 'internal',
    startedAt: '2026-01-01T00:00:00.000Z',
    openForNanos: 1_000,
    attributes: {},
  };
}

function crash(change: Partial<CrashSummary>): CrashSummary {
  return {
    runId: 'run',
    service: 'shop',
    processKey: 'p',
    pid: 1,
    threadId: 0,
    threadName: 'main',
    hostname: 'box',
    nodeVersion: '20',
    reason: 'crashed',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    durationNanos: 1_000_000_000,
    isRecovered: true,
    mayBeIdle: false,
    inFlight: [],
    inFlightCount: change.inFlight?.length ?? 0,
    ...change,
  };
}

it('says that nothing is known to have been in flight', () => {
  expect(renderCrash(terminal, crash({}))).toMatch(/\nno open spans known$/);
  expect(renderCrash(terminal, crash({ reason: 'uncaughtException' }))).toMatch(/\nno open spans$/);
});

it('names the thread, where it is not the main one', () => {
  expect(renderCrash(terminal, crash({ threadName: 'worker-1' }))).toContain('process 1, thread worker-1 on box');
});

it('leaves it open whether a silent process of another host has crashed', () => {
  expect(renderCrash(terminal, crash({ mayBeIdle: true }))).toContain('or idle on another host');
});

it('loses no span that is its own ancestor', () => {
  const inFlight = [span('top'), span('x', 'y'), span('y', 'x'), span('self', 'self')];
  const shown = renderCrash(terminal, crash({ inFlight })).split('\n').slice(4);
  expect(shown.map((line) => line.split(/[ ─]/).at(-1))).toEqual(['top', 'x', 'y', 'self']);
});

it('indents the deep no further', () => {
  const inFlight = Array.from({ length: 500 }, (_, index) => span(`s${index}`, index === 0 ? null : `s${index - 1}`));
  const lines = renderCrash(terminal, crash({ inFlight })).split('\n');
  expect(lines).toHaveLength(504);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
});
