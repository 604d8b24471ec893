import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../temporary-directory.fixture.js';
import { createStoreFixture } from '../../testing/store-fixture.js';
import { openReader } from './file-reader.js';

it('spans after a cursor come once each, also where ids are given out again', async () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'ferret.db');
  const store = await createStoreFixture(file);
  const reader = await openReader(file);
  const process = await store.addProcess(await store.addRun());
  expect([await reader.lastSpanId(), await reader.spansAfter(0)]).toEqual([0, { spans: [], cursor: 0 }]);
  for (const name of ['a', 'b', 'c']) await store.addSpan(process, { name });
  const first = await reader.spansAfter(0, 2);
  expect(first.spans.map((span) => span.name)).toEqual(['a', 'b']);
  const second = await reader.spansAfter(first.cursor, 2);
  expect(second.spans.map((span) => span.name)).toEqual(['c']);
  expect(second.cursor).toBe(await reader.lastSpanId());
  expect(await reader.spansAfter(second.cursor)).toEqual({ spans: [], cursor: second.cursor });
  await store.database.run('DELETE FROM span');
  const { cursor } = await reader.spansAfter(second.cursor);
  await store.addSpan(process, { name: 'd' });
  expect((await reader.spansAfter(cursor)).spans.map((span) => span.name)).toEqual(['d']);
  await reader.close();
  await store.close();
  await rm(directory, { recursive: true });
});
