import { channel, tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, it, vi } from 'vitest';
import { channels } from './channels.js';

describe('channels', () => {
  it('pass messages on, and hold the errors of a handler back (FAULTS 61)', async () => {
    const uncaught = vi.fn();
    process.on('uncaughtException', uncaught);
    const seen: unknown[] = [];
    channels.on<{ readonly n: number }>('ferret-test:point', ({ n }) => {
      seen.push(n);
      throw new Error('a handler that throws');
    });
    channel('ferret-test:point').publish({ n: 1 });
    channel('ferret-test:point').publish({ n: 2 });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', uncaught);
    expect(seen).toEqual([1, 2]);
    expect(uncaught).not.toHaveBeenCalled();
  });

  it('subscribe to those events of an operation that have a handler, and to no others', async () => {
    const events: string[] = [];
    channels.trace<{ readonly error?: unknown }>('ferret-test:operation', {
      start: () => void events.push('start'),
      asyncEnd: () => void events.push('asyncEnd'),
      error: ({ error }) => void events.push(String(error)),
    });
    const traced = tracingChannel<string, object>('ferret-test:operation');
    await traced.tracePromise(async () => 1, {});
    await traced.tracePromise(async () => Promise.reject(new Error('no')), {}).catch(() => {});
    expect(events).toEqual(['start', 'asyncEnd', 'start', 'Error: no', 'asyncEnd']);
    expect(traced.end.hasSubscribers).toBe(false);
  });
});
