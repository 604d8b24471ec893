import { beforeEach, expect, it } from 'vitest';
import type { StoreFixture } from '../../testing/store-fixture.js';
import type { Reader } from './file-reader.js';
import { openForEach } from './reader.fixture.js';

let store: StoreFixture;
let reader: Reader;

openForEach((opened) => {
  ({ store, reader } = opened);
});

beforeEach(async () => {
  for (const runId of ['a', 'b', 'c']) {
    const process = await store.addProcess(await store.addRun({ runId, resource: { of: runId } }));
    await store.addSpan(process, { attributes: { plan: runId }, shared: { scheme: runId } });
    await store.addRouteMinute(process, { durationsNanos: [1_000] });
  }
});

const NOTE = 'ferret.unreadable';

it.each([1, 2, 3])('R21: bad JSON in row %d costs that row its JSON, and no other', async (row) => {
  const deep = `{"plan":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  for (const bad of ['{"plan":', '', '[1]', 'null', '7', deep]) {
    await store.database.run(`UPDATE span SET attributes = ?, shared = NULL WHERE id = ${row}`, [bad]);
    await store.database.run(`UPDATE run SET resource = ? WHERE id = ${row}`, [bad]);
    await store.database.run(`UPDATE route_minute SET buckets = ? WHERE process_id = ${row}`, [bad]);
    const spans = [];
    for await (const span of reader.spans(undefined)) spans.push(span.attributes);
    expect(spans.map((attributes) => NOTE in attributes)).toEqual([1, 2, 3].map((each) => each === row));
    expect(spans.filter((attributes) => 'plan' in attributes)).toHaveLength(2);
    const runs = (await reader.runs()).reverse();
    expect(runs.map(({ resource }) => NOTE in resource)).toEqual([1, 2, 3].map((each) => each === row));
    const groups = await reader.groupStatistics(undefined, 'attribute:plan');
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(groups.find(({ name }) => name === null)?.count).toBe(1);
    const where = [{ field: 'attribute:plan' as const, value: row === 1 ? 'b' : 'a' }];
    expect(await reader.slowestRoots(undefined, 9, { where })).toHaveLength(1);
    expect((await reader.routeStatistics(undefined))[0]?.count).toBe(3);
  }
});

it('R21: a long text of brackets is no deep JSON', async () => {
  const plan = `\\"${'[{'.repeat(1_000)}`;
  await store.database.run('UPDATE span SET attributes = ? WHERE id = 1', [JSON.stringify({ plan })]);
  for await (const span of reader.spans('a')) expect(span.attributes).toMatchObject({ plan });
});
