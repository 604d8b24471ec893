import { expect, it } from 'vitest';
import { runScript, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { ENDED_WELL, expectSound } from './invariants.js';

const DAY_MICROS = 24 * 60 * 60 * 1_000_000;

/** Steps the wall clock of a script by so many days; the monotonic one goes on. */
const STEP = `
  const { now } = Date;
  const step = (days) => { Date.now = () => now() + days * 24 * 60 * 60 * 1000; };`;

/** Retention looks at the file once a second; so does the clock at the time. */
const LOOK = 'await new Promise((resolve) => setTimeout(resolve, 1500));';

it('27 a. the clock steps a day forth, then two back: durations stay true, and nothing is deleted for it', async () => {
  const database = temporaryFile();
  const end = await runScript(
    `${STEP}
     const ferret = createFerret({ ...options, retention: { maxAgeDays: 0.5 }, flushIntervalMillis: 50 });
     const record = async (name) => {
       for (let i = 0; i < 100; i++) ferret.start(name).end();
       await ferret.flush();
       ${LOOK}
       ferret.start(name).end();
     };
     await record('before');
     const across = ferret.start('across');
     step(1);
     await record('a day ahead');
     across.end();
     step(-1);
     await record('a day behind');
     await ferret.close();`,
    database,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
  const spans = await query<{
    name: string;
    count: number;
    first: number;
    last: number;
    longest: number;
    shortest: number;
  }>(
    database,
    `SELECT name, count(*) AS count, min(start_us) AS first, max(start_us) AS last,
            max(duration_ns) / 1e6 AS longest, min(duration_ns) / 1e6 AS shortest
     FROM ferret_spans_v1 GROUP BY name`,
  );
  const of = (name: string) => spans.find((span) => span.name === name)!;
  for (const name of ['before', 'a day ahead', 'a day behind']) {
    expect(of(name)).toMatchObject({ count: 101 });
    expect(of(name).shortest).toBeGreaterThanOrEqual(0);
    expect(of(name).longest).toBeLessThan(1_000);
  }
  expect(of('across').longest).toBeGreaterThan(1_000);
  expect(of('across').longest).toBeLessThan(60_000);
  const minute = 60_000_000;
  expect(Math.abs(of('a day ahead').last - of('before').last - DAY_MICROS)).toBeLessThan(minute);
  expect(Math.abs(of('a day behind').first - of('before').first + DAY_MICROS)).toBeLessThan(minute);
  expect(await expectSound(database)).toMatchObject([{ started: 304, stored: 304 }]);
});

it('27 b. a lease that a clock a day ahead has left holds nobody up', async () => {
  const database = temporaryFile();
  // Killed with the lease in its hands, which for all others runs out tomorrow.
  const child = startScript(
    `${STEP}
     step(1);
     const ferret = createFerret(options);
     ferret.start('ahead').end();
     await ferret.flush();
     process.kill(process.pid, 'SIGKILL');`,
    database,
  );
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(await query(database, "SELECT count(*) AS leases FROM lease WHERE name = 'retention'")).toEqual([
    { leases: 1 },
  ]);
  const end = await runScript(
    `const ferret = createFerret({ ...options, retention: { maxSizeMegabytes: 1 } });
     for (let i = 0; i < 20_000; i++) ferret.start('work').end();
     await ferret.flush();
     ${LOOK}
     for (let i = 0; i < 10; i++) {
       ferret.start('work').end();
       await ferret.flush();
     }
     await ferret.close();`,
    database,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
  const [row] = await query<{ rows: number }>(database, 'SELECT count(*) AS rows FROM span');
  expect(row?.rows).toBeLessThan(15_000);
  await expectSound(database, { pruned: true });
});

it('27 c. spans of a clock a day behind are kept for as long as all others', async () => {
  const database = temporaryFile();
  const record = (days: number, name: string) =>
    runScript(
      `${STEP}
       step(${days});
       const ferret = createFerret({ ...options, retention: { maxAgeDays: 3 } });
       for (let i = 0; i < 100; i++) ferret.start('${name}').end();
       await ferret.flush();
       ${LOOK}
       ferret.start('${name}').end();
       await ferret.close();`,
      database,
    );
  for (const days of [0, -1, 1]) expect(await record(days, `day ${days}`)).toMatchObject({ ...ENDED_WELL, stderr: '' });
  expect(
    await query(database, 'SELECT name, count(*) AS count FROM ferret_spans_v1 GROUP BY name ORDER BY name'),
  ).toEqual([
    { name: 'day -1', count: 101 },
    { name: 'day 0', count: 101 },
    { name: 'day 1', count: 101 },
  ]);
  await expectSound(database);
});
