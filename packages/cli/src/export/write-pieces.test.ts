import { expect, it } from 'vitest';
import { limited } from './limit.js';
import { asIterable } from './span.fixture.js';
import { writePieces } from './write-pieces.js';

const never = new AbortController().signal;

it('writes pieces in larger chunks, one after the other', async () => {
  const written: string[] = [];
  let isBusy = false;
  const write = async (text: string) => {
    expect(isBusy).toBe(false);
    isBusy = true;
    await Promise.resolve();
    isBusy = false;
    written.push(text);
  };
  const pieces = Array.from({ length: 3_000 }, (_, index) => `${index} ${'x'.repeat(90)}`);
  await writePieces(asIterable(...pieces), write, never);
  expect(written.join('')).toBe(pieces.join(''));
  expect(written).toHaveLength(5);
});

it('reads no further than it is told, or than it can write', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 1;
      yield 'x'.repeat(1_000);
    }
  }
  const controller = new AbortController();
  const write = async () => controller.abort();
  await expect(writePieces(endless(), write, controller.signal)).rejects.toThrow('aborted');
  expect(read).toBe(67);
  const refuse = () => Promise.reject(new Error('full'));
  await expect(writePieces(endless(), refuse, never)).rejects.toThrow('full');
});

it('limits what is counted, and goes on with what belongs to it', async () => {
  const parts = asIterable(0, 1, 2, 0, 1, 0);
  const taken: number[] = [];
  for await (const part of limited(parts, 2, (item) => item === 0)) taken.push(part);
  expect(taken).toEqual([0, 1, 2, 0, 1]);
});
