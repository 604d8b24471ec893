import { join } from 'node:path';
import { createStoreFixture } from '@ferretjs/core/testing';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryDirectory } from './ferret.fixture.js';
import { main } from './main.js';
import { openTerminal } from './terminal.js';
import { whileWaiting } from './waiting.js';

const TRACE = 'a'.repeat(32);

const directory = temporaryDirectory();
const file = join(directory, 'ferret.db');

beforeAll(async () => {
  const store = await createStoreFixture(file);
  for (const runId of ['one', 'two']) {
    await store.addSpan(await store.addProcess(await store.addRun({ runId })), { traceId: TRACE });
  }
  await store.close();
});

afterEach(() => void vi.useRealTimers());

describe('R16: what takes long', () => {
  it('says so once a second, and takes the line away at the end', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lines: string[] = [];
    const { promise, resolve } = withResolvers<number>();
    const result = whileWaiting({ status: (text) => void lines.push(text) }, 'reading', () => promise);
    vi.advanceTimersByTime(2_500);
    resolve(7);
    expect(await result).toBe(7);
    expect(lines).toEqual(['reading ... 1 s', 'reading ... 2 s', '']);
  });

  it('says nothing where it was quick', async () => {
    const lines: string[] = [];
    await whileWaiting({ status: (text) => void lines.push(text) }, 'reading', async () => 1);
    expect(lines).toEqual([]);
  });

  it.each([
    ['analyze', '--exact'],
    ['analyze', '--by', 'attribute:a'],
    ['analyze', '--tree'],
    ['analyze', '--slowest'],
    ['analyze', '--self'],
    ['trace', TRACE],
    ['diff', 'one', 'two'],
    ['crashes'],
    ['export', '--format', 'folded', '--force', '-o'],
    ['doctor'],
    ['backup', '--force', '-o'],
    ['prune', '--max-age', '1w'],
    ['recover'],
  ])('is shown by ferret %s on standard error, where that is a terminal', async (...parameters) => {
    for (const isTTY of [true, false]) {
      // Each second passes at once: whoever waits for anything shows it.
      vi.spyOn(globalThis, 'setInterval').mockImplementation(((listener: () => void) => {
        listener();
        return setTimeout(() => {}, 0);
      }) as typeof setInterval);
      let err = '';
      const stderr = { isTTY, columns: 80, write: (text: string) => (err += text) };
      const output = parameters.at(-1) === '-o' ? [join(directory, 'copy.db')] : [];
      await main([...parameters, ...output, file], openTerminal({ isTTY, columns: 80, write: () => true }, stderr, {}));
      vi.restoreAllMocks();
      if (isTTY)
        expect([err.includes('... 1 s'), err.replace(/\d span.*\n$/, '').endsWith('\r\u001b[K')]).toEqual([true, true]);
      else expect(err).not.toContain('...');
    }
  });
});

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
