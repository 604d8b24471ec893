import { expect, it } from 'vitest';
import { message, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { figure } from './figures.js';
import { ENDED_WELL, expectSound } from './invariants.js';
import { LONG_MILLIS, scaled } from './scale.js';

const MEGABYTE = 1024 * 1024;
const CAP = 3 * MEGABYTE;
const PROCESSES = 3;
const SECONDS = scaled(60);

/** A thousand names a second that never come again, and one that does. Answers with how large the file was at most. */
const FLOOD = `
  const { statSync } = await import('node:fs');
  const { setTimeout } = await import('node:timers/promises');
  const ferret = createFerret({ ...options, retention: { maxSizeMegabytes: ${CAP / MEGABYTE} }, batchSize: 100 });
  let largest = 0;
  for (let index = 0; index < ${SECONDS * 1_000}; index++) {
    const name = index % 10 === 0 ? 'steady' : \`once \${index} \${ferret.runId} \${'x'.repeat(100)}\`;
    ferret.start(name, { attributes: { index } }).end();
    if (index % 100 !== 0) continue;
    await setTimeout(100);
    largest = Math.max(largest, statSync(options.database, { throwIfNoEntry: false })?.size ?? 0);
  }
  const { complete } = await ferret.close({ timeoutMillis: 60_000 });
  if (!complete) throw new Error('not all is stored');
  process.send(largest, () => process.disconnect());`;

it('14 b. names that never come again stay within the cap, with the spans that use them', {
  timeout: LONG_MILLIS,
}, async ({ task }) => {
  const database = temporaryFile();
  const [sizes, counts]: [number[], number[]] = [[], []];
  for (let process = 0; process < PROCESSES; process++) {
    const child = startScript(FLOOD, database);
    sizes.push(await message<number>(child));
    expect(await child.ended).toMatchObject(ENDED_WELL);
    const [row] = await query<{ spans: number; wrong: number }>(
      database,
      `SELECT count(*) AS spans, count(*) FILTER (
         WHERE name IS NOT 'steady' AND name NOT LIKE 'once ' || (attributes ->> 'index') || ' ' || run_id || ' %'
       ) AS wrong FROM ferret_spans_v1`,
    );
    expect(row?.wrong).toBe(0);
    counts.push(row?.spans ?? 0);
  }
  figure(
    task,
    `${(Math.max(...sizes) / MEGABYTE).toFixed(1)} MB at most for a cap of ${CAP / MEGABYTE} MB, with ` +
      `${Math.min(...counts)} to ${Math.max(...counts)} spans at the end of a process`,
  );
  // A tenth of the pages may be free, and a megabyte.
  expect(Math.max(...sizes)).toBeLessThan(CAP * 1.1 + 2 * MEGABYTE);
  expect(Math.min(...counts)).toBeGreaterThan(500);
  await expectSound(database, { pruned: true });
});
