import type { Process } from '@ferretjs/core/reader';
import { expect, it } from 'vitest';
import { describeState } from './run.js';

it.each<[Process['state'][], string]>([
  [['ended', 'ended'], 'ended'],
  [['crashed', 'ended'], 'crashed'],
  [['running', 'ended'], 'running'],
  [['running', 'crashed', 'crashed'], 'running, 2 crashed'],
  [['silent', 'crashed'], 'running, or crashed'],
  [[], 'running, or crashed'],
])('a run of processes that are %j is %s', (states, words) => {
  const processes = states.map((state) => ({ state })) as Process[];
  expect(describeState({ processes })).toBe(words);
});
