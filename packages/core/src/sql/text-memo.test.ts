import { expect, it } from 'vitest';
import { TextMemo } from './text-memo.js';

it('remembers texts, and begins anew before it has too many entries or characters', () => {
  const memo = new TextMemo<number>();
  for (let index = 0; index < 2_000; index++) memo.set(`text ${index}`, index);
  expect(memo.get('text 0')).toBe(0);
  memo.set('one more', 1);
  expect(memo.get('text 0')).toBeUndefined();
  expect(memo.get('one more')).toBe(1);

  for (let index = 0; index < 200; index++) memo.set(`${index} ${'x'.repeat(8_000)}`, index);
  expect(memo.get('one more')).toBeUndefined();
});

it('does not remember long texts', () => {
  const memo = new TextMemo<number>();
  memo.set('x'.repeat(8_193), 1);
  expect(memo.get('x'.repeat(8_193))).toBeUndefined();
});
