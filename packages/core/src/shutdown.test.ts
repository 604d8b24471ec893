import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFerret } from './default-ferret.js';
import { MemorySink } from './pipeline/memory-sink.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What real signals do is in e2e/lifecycle.test.ts; here the listeners are called by hand. */
function build() {
  const sink = new MemorySink();
  const ferret = createFerret({ sink });
  ferret.start('work').end();
  return { sink, ferret };
}

describe('at a signal', () => {
  it('with nobody else listening, stores everything and raises the signal again', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const [one, two] = [build(), build()];
    process.emit('SIGTERM', 'SIGTERM');
    expect(process.listenerCount('SIGTERM')).toBe(0);
    await vi.waitFor(() => expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGTERM'));
    for (const { sink } of [one, two]) expect(sink).toMatchObject({ isClosed: true, endReason: 'SIGTERM' });
  });

  it('with the application listening, flushes, steps aside and goes on recording', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const { sink, ferret } = build();
    let listenersSeen: number | undefined;
    process.once('SIGINT', () => {
      listenersSeen = process.listenerCount('SIGINT');
    });
    process.emit('SIGINT', 'SIGINT');
    await vi.waitFor(() => expect(sink.spans).toHaveLength(1));
    // What the application's listener sees is what it would see without Ferret: itself gone, as `once` does, and nobody else.
    expect(listenersSeen).toBe(0);
    ferret.start('more').end();
    expect(await ferret.close()).toMatchObject({ complete: true, ledger: { stored: 2 } });
    expect(kill).not.toHaveBeenCalled();
  });
});

it('stores everything when the event loop runs empty', async () => {
  const { sink } = build();
  process.emit('beforeExit', 0);
  await vi.waitFor(() => expect(sink).toMatchObject({ isClosed: true, endReason: 'exit' }));
});

it('does not touch the process when it is told not to', async () => {
  const before = process.listenerCount('SIGTERM');
  const ferret = createFerret({ sink: new MemorySink(), shutdownHooks: false });
  expect(process.listenerCount('SIGTERM')).toBe(before);
  await ferret.close();
});
