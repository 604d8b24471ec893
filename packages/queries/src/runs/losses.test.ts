import type { Ledger, Process } from '@ferretjs/core/reader';
import { describe, expect, it } from 'vitest';
import { describeLosses } from './losses.js';

const NOTHING: Ledger = {
  started: 10,
  stored: 10,
  sampledOut: 0,
  folded: 0,
  dropped: { queueFull: 0, writeFailed: 0, closed: 0, tooLarge: 0 },
  spilled: 0,
  pending: 0,
};

function processWith(pid: number, pending: number, state: Process['state']): Process {
  return {
    processKey: `p${pid}`,
    pid,
    threadId: 0,
    threadName: 'main',
    hostname: 'box',
    nodeVersion: 'v20',
    startedAtMicros: 0,
    lastSeenMicros: new Date(2026, 0, 31, 14, 3, 22).getTime() * 1_000,
    ...(state === 'ended' && { endedAtMicros: 1 }),
    state,
    ledger: { ...NOTHING, pending },
  };
}

describe('describeLosses', () => {
  it('says nothing where nothing was lost', () => {
    expect(describeLosses([processWith(1, 0, 'ended'), processWith(2, 0, 'running')], NOTHING)).toEqual([]);
  });

  it('names every reason', () => {
    const dropped = { queueFull: 1_200, writeFailed: 20, closed: 3, tooLarge: 4 };
    expect(describeLosses([], { ...NOTHING, dropped, sampledOut: 50, folded: 70, spilled: 6 })).toEqual([
      '1,227 dropped: 1,200 queue full, 20 write failed, 3 recorder closed, 4 too large',
      '50 sampled out, on purpose',
      '70 folded: another span of their trace counts and sums them by name',
      '6 spilled: kept in a spill file until the next start of the app, or "ferret recover"',
    ]);
  });

  it('tells spans that an ended process lost from those that may still come', () => {
    const processes = [processWith(1, 2, 'ended'), processWith(2, 5, 'running'), processWith(3, 4, 'running')];
    expect(describeLosses(processes, { ...NOTHING, pending: 11 })).toEqual([
      '2 never ended: lost with process 1',
      '9 open or on their way in process 2, 3, last seen 2026-01-31 14:03:22',
    ]);
    expect(describeLosses([processWith(4, 1, 'silent')], { ...NOTHING, pending: 1 })).toEqual([
      '1 open or on their way in process 4, last seen 2026-01-31 14:03:22 (lost, if it has crashed since)',
    ]);
  });

  it('says what to do about a process that has crashed', () => {
    expect(describeLosses([processWith(5, 3, 'crashed')], { ...NOTHING, pending: 3 })).toEqual([
      '3 open or on their way when process 5 crashed: "ferret recover" stores what it left',
    ]);
  });

  it('says what to do about a process that has ended, and of which the file does not know yet', () => {
    const gone = { ...processWith(5, 3, 'running'), state: 'ended' } as const;
    expect(describeLosses([gone], { ...NOTHING, pending: 3 })).toEqual([
      '3 open or on their way when process 5 ended: "ferret recover" stores what it left',
    ]);
  });

  it('does not list a cluster process by process', () => {
    const processes = [1, 2, 3, 4, 5].map((pid) => processWith(pid, 1, 'ended'));
    expect(describeLosses(processes, NOTHING)).toEqual(['5 never ended: lost with process 1, 2, 3 and 2 others']);
  });

  it('does not hide a ledger that contradicts itself', () => {
    expect(describeLosses([processWith(1, -3, 'ended')], NOTHING)).toEqual([
      'the ledger of process 1 does not add up by 3',
    ]);
  });
});
