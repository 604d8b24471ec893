import { once } from 'node:events';
import { isBuiltin } from 'node:module';
import { recoverFile } from '@ferretjs/core/maintenance';
import { expect, it } from 'vitest';
import { start, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { expectSound, expectUndisturbed } from '../faults/invariants.js';

it.each([
  ['terminate', 1],
  ['exit', 3],
  ['throw', 'of the application'],
] as const)('P3: worker threads that end by %s while they write end nothing else', async (how, wanted) => {
  const database = temporaryFile();
  const child = start('worker-threads.mjs', { END: how, OPTIONS: JSON.stringify({ database }) });
  const [ends] = await once(child.process, 'message');
  expectUndisturbed(await child.ended);
  expect(ends).toEqual(Array.from({ length: 20 }, () => wanted));
  const recovery = await recoverFile(database);
  if (!isBuiltin('node:sqlite')) expect(recovery.spillFiles).toBe(20);
  // A thread that is ended from outside loses its memory: half a second at most, of 10 spans a millisecond at most.
  const processes = await expectSound(database, { pending: how === 'terminate' ? { atMost: 20 * 5_000 } : 0 });
  expect(processes).toHaveLength(20);
  for (const { stored } of processes) expect(stored).toBeGreaterThanOrEqual(200);
});

it('P3: worker threads whose main thread exits while they write let it exit', async () => {
  for (let round = 0; round < 3; round++) {
    const database = temporaryFile();
    const child = start('worker-threads.mjs', { END: 'main', OPTIONS: JSON.stringify({ database }) });
    expectUndisturbed(await child.ended, { code: 5, signal: null });
    await recoverFile(database);
    await expectSound(database, { pending: { atMost: 4 * 5_000 } });
    const [spans] = await query<{ count: number }>(database, 'SELECT count(*) AS count FROM ferret_spans_v1');
    expect(spans?.count).toBeGreaterThanOrEqual(200);
  }
});
