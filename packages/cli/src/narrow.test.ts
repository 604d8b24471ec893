import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS } from '@ferretjs/core/testing';
import stringWidth from 'string-width';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret, temporaryDirectory } from './ferret.fixture.js';

const TRACE = 'ab'.repeat(16);
const DEEP_TRACE = 'cd'.repeat(16);
const DEPTH = 5_000;

const directory = temporaryDirectory();
const file = join(directory, 'ferret.db');

beforeAll(async () => {
  const store = await createStoreFixture(file);
  for (const runId of ['a-run-with-an-id-that-is-longer-than-a-narrow-terminal-is-wide', 'run-2']) {
    const run = await store.addRun({ runId, service: 'a-service-with-a-long-name' });
    const process = await store.addProcess(run, {
      started: 9,
      queueFull: 4,
      endReason: 'crashed',
      hostname: 'a-host-name.of.many.parts.example.com',
    });
    await store.addSpan(process, { traceId: TRACE, name: `GET /${'long/'.repeat(20)}`, durationNanos: 9_000_000 });
    await store.addSpan(process, { name: 'load', outcome: 'interrupted' });
    await store.addRouteMinute(process, { name: 'GET /orders/:id', durationsNanos: [1_000_000] });
    await store.addOpenSpan(process, {});
  }
  const deep = await store.addProcess(await store.addRun({ runId: 'deep', startedAtMicros: 1 }));
  await store.database.run(
    `WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < ${DEPTH - 1})
    INSERT INTO span (process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, duration_ns, outcome)
    SELECT ?, unhex('${DEEP_TRACE}'), unhex(printf('%016x', n + 1)), iif(n = 0, NULL, unhex(printf('%016x', n))), n = 0,
      'name' || n, 0, ${FIXTURE_START_MICROS} + n, 100000000 - n * 2000, 0 FROM number`,
    [deep],
  );
  await store.database.run(
    'UPDATE process SET first_span_id = (SELECT min(id) FROM span WHERE process_id = ?1), ' +
      'last_span_id = (SELECT max(id) FROM span WHERE process_id = ?1), stored = 5000, started = 5000 WHERE id = ?1',
    [deep],
  );
  await store.close();
});

describe('R9: a tree of 5,000 levels', () => {
  it.each([40, 80, 160])('shows a name in every row of %d columns, and the rest line whole', async (columns) => {
    for (const parameters of [
      ['trace', DEEP_TRACE],
      ['analyze', '--tree', '--run', 'deep'],
    ]) {
      const { out } = await runFerret([...parameters, file], { columns });
      const lines = out.split('\n');
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
      const rows = lines.slice(lines.findIndex((line) => /\bspan\b/.test(line) && line.includes('duration')) + 1);
      for (let depth = 0; depth < 200; depth++) expect(rows[depth]).toContain(`name${depth}`);
      expect(rows[200]).toContain('... 4,800 more spans, not shown');
    }
  });
});

describe('R15: on a terminal of 40 columns', () => {
  it.each([
    ['analyze'],
    ['analyze', '--exact'],
    ['analyze', '--run', 'all'],
    ['analyze', '--tree'],
    ['analyze', '--slowest', '--run', 'all'],
    ['analyze', '--self', '--run', 'all'],
    ['trace', TRACE],
    ['runs'],
    ['crashes'],
    ['doctor'],
  ])('no line of ferret %s is wider', async (...parameters) => {
    const { out } = await runFerret([...parameters, file], { columns: 40 });
    const lines = out.split('\n').filter((line) => !line.startsWith(file));
    expect(lines.filter((line) => stringWidth(line) > 40)).toEqual([]);
  });
});
