import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runScript, startScript, temporaryFile } from '../child.js';
import { execute, query } from '../database.js';
import { ENDED_WELL, expectFewWarnings, expectSound, expectUndisturbed } from './invariants.js';
import { scaled } from './scale.js';

const VERSION_1 = readFileSync(new URL('version-1.sql', import.meta.url), 'utf8');
const VERSION = 2;
const PRELOAD = fileURLToPath(new URL('../apps/killed-migration.mjs', import.meta.url));
const RECORD = 'createFerret(options).start("work").end()';

async function oldFile(): Promise<string> {
  const database = temporaryFile();
  await execute(database, VERSION_1);
  return database;
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
  expectFewWarnings(end.stderr);
  expect(end.stderr).toContain(`${database} was written by a newer version of Ferret (schema 99`);
  expect(await query(database, 'SELECT count(*) AS spans, user_version FROM span, pragma_user_version')).toEqual([
    { spans: 3, user_version: 99 },
  ]);
});

it('10 b. an older schema is brought up to date, with all that is in it', async () => {
  const database = await oldFile();
  expect(await runScript(RECORD, database)).toEqual({ ...ENDED_WELL, stderr: '' });
  await expectVersion(database, VERSION);
  expect(await expectSound(database)).toMatchObject([{ stored: 3 }, { stored: 1 }]);
});

const STEPS = [1, 2, 3];
const MOMENTS = [
  ...STEPS.flatMap((step) => [`before ${step}`, `after ${step}`]),
  ...Array.from({ length: scaled(100) }, (_, index) => `in ${STEPS[index % STEPS.length]}`),
];

describe('kill -9 in the middle of a migration', () => {
  it('10 c. leaves the old schema or the new one, never half of it', async () => {
    let migrated = 0;
    for (const moment of MOMENTS) {
      const database = await oldFile();
      process.env['KILL_AT'] = moment;
      const end = await startScript(RECORD, database, ['--import', PRELOAD]).ended;
      expectUndisturbed(end, { code: null, signal: 'SIGKILL' });
      const [row] = await query<{ version: number }>(
        database,
        'SELECT user_version AS version FROM pragma_user_version',
      );
      await expectVersion(database, row!.version);
      if (row!.version === VERSION) migrated++;
      expect(await query(database, 'SELECT count(*) AS spans FROM ferret_spans_v1')).toEqual([{ spans: 3 }]);

      expect(await runScript(RECORD, database)).toEqual({ ...ENDED_WELL, stderr: '' });
      await expectVersion(database, VERSION);
      expect(await expectSound(database)).toMatchObject([{ stored: 3 }, { stored: 1 }]);
    }
    expect(migrated).toBeLessThan(MOMENTS.length - STEPS.length);
  });
});

/** The file is of that version as a whole: its number, its columns, its tables. */
async function expectVersion(database: string, version: number): Promise<void> {
  const isNew = version === VERSION;
  expect([1, VERSION]).toContain(version);
  expect(
    await query(
      database,
      `SELECT
         (SELECT user_version FROM pragma_user_version) AS version,
         (SELECT count(*) FROM pragma_table_info('process') WHERE name IN ('last_batch', 'pid_start', 'ticked_span_id')) AS columns,
         (SELECT count(*) FROM pragma_table_info('open_span') WHERE name = 'is_local_root') AS openColumns,
         (SELECT count(*) FROM sqlite_schema WHERE name = 'lease') AS leases,
         (SELECT count(*) FROM sqlite_schema WHERE type = 'view') AS views`,
    ),
  ).toEqual([{ version, columns: isNew ? 3 : 0, openColumns: Number(isNew), leases: Number(isNew), views: 5 }]);
}
