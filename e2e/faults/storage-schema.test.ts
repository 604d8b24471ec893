import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '@ferretjs/core';
import { createOlderFile, OLDEST_VERSION, SCHEMA_VERSION } from '@ferretjs/core/testing';
import { expect, it } from 'vitest';
import { runScript, start, temporaryFile } from '../child.js';
import { execute, query } from '../database.js';
import { figure } from './figures.js';
import { ENDED_WELL, expectFewWarnings, expectSound, expectUndisturbed } from './invariants.js';
import { scaled } from './scale.js';
import { unexplained } from './service.js';

const PRELOAD = fileURLToPath(new URL('../apps/killed-migration.mjs', import.meta.url));
const RECORD = 'createFerret(options).start("work").end()';

const THREE_SPANS = `
INSERT INTO run (run_id, service, started_at_us, resource) VALUES ('before', 'shop', strftime('%s') * 1000000, '{}');
INSERT INTO process (
  process_key, run_id, pid, thread_id, thread_name, hostname, node_version, started_at_us, last_seen_us, ended_at_us,
  end_reason,
  started, stored, first_span_id, last_span_id
)
SELECT 'one', 1, 4242, 0, 'main', 'host', '20.19.0', started_at_us, started_at_us, started_at_us, 'exit', 3, 3, 1, 3
FROM run;
INSERT INTO span (process_id, trace_id, span_id, is_local_root, name, kind, start_us, duration_ns, outcome)
SELECT 1, randomblob(16), randomblob(8), 1, 'work', 0, started_at_us, 1000, 0 FROM run, json_each('[1, 2, 3]');`;

async function oldFile(): Promise<string> {
  const database = temporaryFile();
  await createOlderFile(database, THREE_SPANS);
  return database;
}

/** The spill files beside a database, by their names. */
function spillFilesOf(database: string): string[] {
  return readdirSync(dirname(database))
    .filter((name) => name.startsWith(`${basename(database)}.spill-`))
    .map((name) => join(dirname(database), name));
}

/** The version a file says it is of, and all its columns. */
async function shapeOf(database: string) {
  const rows = await query<{ version: number; name: string; column: string }>(
    database,
    `SELECT user_version AS version, schema.name, field.name AS "column"
     FROM pragma_user_version, sqlite_schema AS schema, pragma_table_info(schema.name) AS field`,
  );
  return { version: rows[0]?.version, columns: rows.map(({ name, column }) => `${name}.${column}`).sort() };
}

async function newShape() {
  const database = temporaryFile();
  await runScript(RECORD, database);
  return shapeOf(database);
}

it('10 a. a schema newer than this Ferret knows is refused with its version, and left alone', async () => {
  const database = await oldFile();
  await execute(database, 'PRAGMA user_version = 99');
  const end = await runScript(
    `const ferret = createFerret(options);
     ferret.start('work').end();
     await ferret.flush();
     const { dropped, stored, pending } = ferret.stats();
     if (dropped.writeFailed !== 1 || stored !== 0 || pending !== 0) throw new Error(JSON.stringify(ferret.stats()));`,
    database,
  );
  expect(end).toMatchObject(ENDED_WELL);
  expectFewWarnings(end);
  expect(end.stderr).toContain(`${database} was written by a newer version of Ferret (schema 99`);
  expect(await query(database, 'SELECT count(*) AS spans, user_version FROM span, pragma_user_version')).toEqual([
    { spans: 3, user_version: 99 },
  ]);
});

it('10 b. an older schema is brought up to date, with all that is in it', async () => {
  const database = await oldFile();
  expect(await runScript(RECORD, database)).toMatchObject({ ...ENDED_WELL, stderr: '' });
  expect(await shapeOf(database)).toEqual(await newShape());
  expect(await expectSound(database)).toMatchObject([{ stored: 3 }, { stored: 1 }]);
});

/** The number of each step: a step for each version, then one in which the views are dropped and made anew. */
const STEPS = Array.from({ length: SCHEMA_VERSION - OLDEST_VERSION + 2 }, (_, index) => index + 1);
const MOMENTS = [
  ...STEPS.flatMap((step) => [`before ${step}`, `after ${step}`]),
  ...Array.from({ length: scaled(100) }, (_, index) => `in ${STEPS[index % STEPS.length]}`),
];

it('10 c. kill -9 in the middle of a migration leaves the old schema or the new one, never half of it', async () => {
  const [before, after] = [await shapeOf(await oldFile()), await newShape()];
  expect([before.version, after.version]).toEqual([OLDEST_VERSION, SCHEMA_VERSION]);
  let migrated = 0;
  for (const moment of MOMENTS) {
    const database = await oldFile();
    const environment = { SCRIPT: RECORD, DATABASE: database, KILL_AT: moment };
    const end = await start('run-script.mjs', environment, ['--import', PRELOAD]).ended;
    expectUndisturbed(end, { code: null, signal: 'SIGKILL' });
    const shape = await shapeOf(database);
    expect([before, after]).toContainEqual(shape);
    if (shape.version === SCHEMA_VERSION) migrated++;
    expect(await query(database, "SELECT count(*) AS spans FROM ferret_spans_v1 WHERE run_id = 'before'")).toEqual([
      { spans: 3 },
    ]);

    expect(await runScript(RECORD, database)).toMatchObject({ ...ENDED_WELL, stderr: '' });
    expect(await shapeOf(database)).toEqual(after);
    // That the killed process had entered itself is possible where the migration was through.
    const [old, ...others] = await expectSound(database, { pending: { atMost: 1 } });
    expect([old?.stored, others.at(-1)?.stored]).toEqual([3, 1]);
  }
  // Most kills came before the end of it.
  expect(migrated).toBeLessThan(MOMENTS.length / 2);
});

/** The bound of a spill file: a process's record of its own end may exceed the limit. */
const MAX_SPILLED_BYTES = 1024 * 1024 + 4096;

it('10 d. beside a newer schema, all processes spill below one limit, and whoever knows it takes that in', async ({
  task,
}) => {
  const database = await oldFile();
  await execute(database, 'PRAGMA user_version = 99');
  const ledgers: Ledger[] = [];
  const bytes: number[] = [];
  for (let restart = 0; restart < 6; restart++) {
    const end = await runScript(
      `const ferret = createFerret({ ...options, maxSpillMegabytes: 1 });
       ferret.start('work').end();
       await ferret.flush();
       for (let i = 0; i < 2000; i++) ferret.start('work', { attributes: { text: 'x'.repeat(100) } }).end();
       process.once('exit', () => console.error('ledger ' + JSON.stringify(ferret.stats())));
       process.exit();`,
      database,
    );
    expect(end).toMatchObject(ENDED_WELL);
    expectFewWarnings(end);
    ledgers.push(JSON.parse(/^ledger (.*)$/m.exec(end.stderr)?.[1] ?? '') as Ledger);
    bytes.push(spillFilesOf(database).reduce((sum, file) => sum + statSync(file).size, 0));
  }
  for (const ledger of ledgers) {
    expect(ledger).toMatchObject({ started: 2_001, stored: 0, pending: 0 });
    expect(unexplained(ledger)).toBe(0);
  }
  expect(ledgers[0]?.spilled).toBe(2_000);
  expect(ledgers.at(-1)?.spilled).toBe(0);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(MAX_SPILLED_BYTES);

  await execute(database, `PRAGMA user_version = ${OLDEST_VERSION}`);
  expect(await runScript(RECORD, database)).toMatchObject({ ...ENDED_WELL, stderr: '' });
  expect(spillFilesOf(database)).toEqual([]);
  const spilled = ledgers.reduce((sum, ledger) => sum + ledger.spilled, 0);
  const processes = await expectSound(database);
  expect(processes.reduce((sum, { stored }) => sum + stored, 0)).toBe(3 + spilled + 1);
  figure(
    task,
    `${ledgers.length} processes: ${bytes.at(-1)} bytes spilled beside it in the end, ${spilled} spans taken in, ` +
      'the others counted',
  );
});
