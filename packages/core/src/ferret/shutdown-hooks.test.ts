import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { recoverFile } from '../maintenance.js';
import { openReader } from '../reader.js';
import { MemorySink } from '../sink/memory-sink.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import { createFerret } from './default-ferret.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The listeners are called by hand here; e2e/faults/lifecycle-signals.test.ts sends real signals. */
function build() {
  const sink = new MemorySink();
  const ferret = createFerret({ sink });
  ferret.start('work').end();
  return { sink, ferret };
}

describe('at a signal', () => {
  it('without another listener, stores everything and raises the signal again', async () => {
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
    // The listener sees the same as without Ferret: `once` has removed it, and there is no other.
    expect(listenersSeen).toBe(0);
    ferret.start('more').end();
    expect(await ferret.close()).toMatchObject({ complete: true, ledger: { stored: 2 } });
    expect(kill).not.toHaveBeenCalled();
  });
});

it('at a signal that the application does not listen to, stores everything also after one that it did', async () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  const { sink, ferret } = build();
  process.once('SIGTERM', () => {});
  process.emit('SIGTERM', 'SIGTERM');
  ferret.start('more').end();
  process.emit('SIGINT', 'SIGINT');
  await vi.waitFor(() => expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGINT'));
  expect(sink).toMatchObject({ isClosed: true, endReason: 'SIGINT', spans: { length: 2 } });
});

it('stores everything when the event loop runs empty', async () => {
  const { sink } = build();
  process.emit('beforeExit', 0);
  await vi.waitFor(() => expect(sink).toMatchObject({ isClosed: true, endReason: 'exit' }));
});

/** Emits the event of those who only watch, which the types do not let a test emit. */
function throwUncaught(): void {
  (process as NodeJS.EventEmitter).emit('uncaughtExceptionMonitor', new Error('boom'), 'uncaughtException');
}

describe('at process.exit()', () => {
  async function buildStored() {
    const directory = temporaryDirectory();
    const database = join(directory, 'ferret.db');
    const ferret = createFerret({ database, onDiagnostic: () => {} });
    ferret.start('done').end();
    ferret.start('open');
    return { database, ferret, directory };
  }

  /** Spans that the next start finds. */
  async function recovered(database: string) {
    const recovery = await recoverFile(database);
    const reader = await openReader(database);
    const run = await reader.run();
    const spans: [string, string][] = [];
    for await (const span of reader.spans(run.runId)) spans.push([span.name, span.outcome]);
    await reader.close();
    return { recovery, spans, endReason: run.processes[0]?.endReason, ledger: run.ledger };
  }

  it('what is not stored is spilled, and what is open is interrupted', async () => {
    const { database, ferret, directory } = await buildStored();
    process.emit('exit', 0);
    expect((await readdir(directory)).length).toBe(1);
    expect(ferret.stats()).toMatchObject({ started: 2, spilled: 2, pending: 0 });
    expect(await recovered(database)).toMatchObject({
      recovery: { spans: 2, spillFiles: 1 },
      spans: [
        ['done', 'ok'],
        ['open', 'interrupted'],
      ],
      endReason: 'exit',
      ledger: { started: 2, stored: 2, spilled: 0, pending: 0 },
    });
    await ferret.close({ timeoutMillis: 1 });
    await rm(directory, { recursive: true });
  });

  it('of an exception that was not caught, that is the reason; of one that was, it is not', async () => {
    const thrown = await buildStored();
    throwUncaught();
    process.emit('exit', 1);
    expect(await recovered(thrown.database)).toMatchObject({ endReason: 'uncaughtException' });
    await thrown.ferret.close({ timeoutMillis: 1 });

    const caught = await buildStored();
    throwUncaught();
    await new Promise((resolve) => setImmediate(resolve));
    process.emit('exit', 0);
    expect(await recovered(caught.database)).toMatchObject({ endReason: 'exit' });
    await caught.ferret.close({ timeoutMillis: 1 });
    for (const { directory } of [thrown, caught]) await rm(directory, { recursive: true });
  });
});

it('does not touch the process when it is told not to', async () => {
  const before = process.listenerCount('SIGTERM');
  const ferret = createFerret({ sink: new MemorySink(), shutdownHooks: false });
  expect(process.listenerCount('SIGTERM')).toBe(before);
  await ferret.close();
});
