import { expect, it } from 'vitest';
import { runScript, temporaryFile } from '../child.js';
import { query } from '../database.js';

const MEASURED = `() => ferret.measure('r', recurse)`;
const STARTED = `() => {
  const span = ferret.start('r');
  try {
    return recurse();
  } finally {
    span.end();
  }
}`;

/** In a process of its own, all code runs for the first time: V8 compiles it where the stack ends. */
it.each([
  ['measured', 0, MEASURED],
  ['measured', 8, MEASURED],
  ['with spans of its own', 0, STARTED],
])('K1, K2: recording survives the first recursion without end, %s, %i frames deeper', async (_how, depth, recurse) => {
  const database = temporaryFile();
  const end = await runScript(
    `const ferret = createFerret({ ...options, maxSpansPerSecond: Infinity });
     const recurse = ${recurse};
     const pad = (n) => (n > 0 ? (pad(n - 1), 0) : recurse());
     try {
       pad(${depth});
       throw new Error('the stack has no end');
     } catch (error) {
       if (!(error instanceof RangeError)) throw error;
     }
     for (let i = 0; i < 1_000; i++) ferret.measure('later', () => {});
     await ferret.flush();
     if (ferret.stats().pending !== 0) throw new Error(JSON.stringify(ferret.stats()));
     const { complete, ledger } = await ferret.close();
     if (!complete || ledger.pending !== 0 || ledger.stored !== ledger.started)
       throw new Error(JSON.stringify(ledger));`,
    database,
  );
  expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(await query(database, `SELECT count(*) AS count FROM ferret_spans_v1 WHERE name = 'later'`)).toEqual([
    { count: 1_000 },
  ]);
});
