import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStoreFixture, type Database, FIXTURE_START_MICROS, openDatabase } from '@ferretjs/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from './temporary.js';

const TRACES = 5_000;
const ROWS_OF_ROOTS = [
  { root: 'GET /orders/:id', name: 'SELECT lines', count: 10_000 },
  { root: 'GET /orders/:id', name: 'SELECT order', count: 5_000 },
];

/** Spans of traces like `GET /orders/:id` with three queries below it, each root linked to the one before. */
const FILL = `
INSERT INTO string (id, text) VALUES (101, 'GET /orders/:id'), (102, 'SELECT order'), (103, 'SELECT lines'),
  (104, '/orders/:id');
WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < ${TRACES * 4 - 1})
INSERT INTO span (
  process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, duration_ns, outcome, http_route
)
SELECT
  1, unhex(printf('%032x', (n / 4 + 1) * 2654435761)), unhex(printf('%016x', n + 1)),
  iif(n % 4 = 0, NULL, unhex(printf('%016x', n / 4 * 4 + 1))), n % 4 = 0,
  CASE n % 4 WHEN 0 THEN 101 WHEN 1 THEN 102 ELSE 103 END, n % 4 = 0,
  ${FIXTURE_START_MICROS} + n * 1000, iif(n % 4 = 0, 9000000, 2000000), 0, iif(n % 4 = 0, 104, NULL)
FROM number;
INSERT INTO link (span_row, position, trace_id, span_id)
SELECT later.id, 0, earlier.trace_id, earlier.span_id
FROM span AS later JOIN span AS earlier ON earlier.id = later.id - 4 WHERE later.is_local_root = 1;`;

/** A plain join, as one writes it who knows the columns: fast without a hint, or not at all. */
const JOINS = {
  'of spans with their roots': `SELECT root.name AS root, span.name, count(*) AS count
    FROM ferret_spans_v1 AS span JOIN ferret_spans_v1 AS root
      ON root.trace_id = span.trace_id AND root.parent_id IS NULL
    WHERE span.parent_id IS NOT NULL GROUP BY 1, 2 ORDER BY 2`,
  'of spans with their parents': `SELECT parent.name AS root, span.name, count(*) AS count
    FROM ferret_spans_v1 AS span JOIN ferret_spans_v1 AS parent ON parent.span_id = span.parent_id
    GROUP BY 1, 2 ORDER BY 2`,
  'of spans with their parents, if they have one': `SELECT parent.name AS root, span.name, count(*) AS count
    FROM ferret_spans_v1 AS span
    LEFT JOIN ferret_spans_v1 AS parent ON parent.trace_id = span.trace_id AND parent.span_id = span.parent_id
    GROUP BY 1, 2 HAVING root IS NOT NULL ORDER BY 2`,
};

const document = readFileSync(new URL('../docs/file-format.md', import.meta.url), 'utf8');
const recipes = [...document.matchAll(/```sql\n(.*?)```/gs)].map(([, text = '']) => text.trim());
const commands = [...document.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text.trim());

let directory: string;
let database: Database;

beforeAll(async () => {
  directory = temporaryDirectory();
  const file = join(directory, 'ferret.db');
  const store = await createStoreFixture(file);
  const process = await store.addProcess(await store.addRun());
  await store.database.exec(FILL);
  for (const minuteMicros of [FIXTURE_START_MICROS, FIXTURE_START_MICROS + 60_000_000, Date.now() * 1_000]) {
    const durationsNanos = Array.from({ length: 1_000 }, (_, index) => (index + 1) * 1_000_000);
    await store.addRouteMinute(process, { name: 'GET /orders/:id', minuteMicros, durationsNanos });
  }
  await store.close();
  database = await openDatabase(file, 'read');
});

afterAll(async () => {
  await database.close();
});

/** Runs a statement in SQLite's own shell; `undefined` where the machine has none (`apt-get install sqlite3`). */
function inShell(command: string, parameters: readonly string[]): string | undefined {
  const { error, status, stdout, stderr } = spawnSync(command, parameters, {
    cwd: directory,
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') return undefined;
  expect({ error, status, stderr }).toEqual({ error: undefined, status: 0, stderr: '' });
  return stdout;
}

const shell = (sql: string) => inShell('sqlite3', ['-readonly', '-json', 'ferret.db', sql]);

/** A join of everything with everything takes minutes, so this is far from both. */
const JOIN_LIMIT_MILLIS = 4_000;

describe('R3: ferret_spans_v1 joined with itself', () => {
  it.each(Object.entries(JOINS))(
    '%s uses an index on 20,000 spans',
    async (_, sql) => {
      const plan = await database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
      expect(plan.map(({ detail }) => detail).join('\n')).toMatch(/SEARCH (span|parent) USING AUTOMATIC .*INDEX/);
      expect(await database.all(sql)).toEqual(ROWS_OF_ROOTS);
      const printed = shell(sql);
      if (printed !== undefined) expect(JSON.parse(printed)).toEqual(ROWS_OF_ROOTS);
    },
    JOIN_LIMIT_MILLIS,
  );
});

describe('R3: what docs/file-format.md shows', () => {
  it('has recipes', () => {
    expect(recipes.length).toBeGreaterThan(3);
    expect(commands.length).toBeGreaterThan(1);
  });

  it.each(recipes)('finds something, in SQLite and in its shell: %s', async (sql) => {
    const rows = await database.all(sql);
    expect(rows).not.toEqual([]);
    const printed = shell(sql);
    if (printed !== undefined) expect(JSON.parse(printed)).toEqual(rows);
  });

  it.each(commands)('can be typed as it stands: %s', (command) => {
    const printed = shell('SELECT 1') === undefined ? undefined : inShell('sh', ['-c', command]);
    if (printed !== undefined) expect(printed).toMatch(/GET \/orders\/:id/);
  });
});

it.each([
  ['ferret_percentiles_v1', 'run', {}],
  ['ferret_minutes_v1', 'minute', { minute_us: FIXTURE_START_MICROS }],
])('R3: %s tells p50, p95 and p99 of a name and %s within 2 %%', async (view, _, more) => {
  const rows = await database.all<Record<string, number | string>>(
    `SELECT * FROM ${view} WHERE name = 'GET /orders/:id' ORDER BY count DESC LIMIT 1`,
  );
  expect(rows).toEqual([
    {
      run_id: 'run-1',
      name: 'GET /orders/:id',
      ...more,
      count: expect.any(Number),
      errors: expect.any(Number),
      p50_ns: expect.any(Number),
      p95_ns: expect.any(Number),
      p99_ns: expect.any(Number),
      max_ns: 1_000_000_000,
    },
  ]);
  for (const percent of [50, 95, 99]) {
    expect(Math.abs(Number(rows[0]?.[`p${percent}_ns`]) / (percent * 10_000_000) - 1)).toBeLessThan(0.02);
  }
});
