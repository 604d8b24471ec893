import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { temporaryFile } from './temporary.js';

const document = readFileSync(new URL('../docs/architecture.md', import.meta.url), 'utf8');

/** The numbered list of the tour. */
const stops = /## A tour[\s\S]+?\n(1\. [\s\S]+?)\n\nBehind it/.exec(document)![1]!;

it('the tour of docs/architecture.md names every file that a request enters, and no other', async () => {
  const app = fork(new URL('./apps/tour.mjs', import.meta.url), {
    env: { ...process.env, FERRET_DATABASE: temporaryFile() },
  });
  const [files] = (await once(app, 'message')) as [string[]];
  await once(app, 'close');
  const named = [...stops.matchAll(/`([\w-]+\/[\w/-]+\.ts)`/g)].map(([, file]) => file);
  expect(named.toSorted()).toEqual(files.toSorted());
  expect(files.length).toBeLessThanOrEqual(30);
});
