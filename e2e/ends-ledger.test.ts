import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { recoverFile } from '@ferretjs/core/maintenance';
import { describe, expect, it } from 'vitest';
import { runScript, temporaryFile } from './child.js';
import { ENDED_WELL, expectSound } from './faults/invariants.js';

/**
 * 10 spans are stored and 190 wait for a lock that another process holds (in the same one, a second copy of SQLite
 * would not see it), when close() is called; `free` says when the lock goes, by its deadline of 800 ms. Before the
 * second is over there is no tick behind the write; after it there is.
 */
function script(startMillis: number, freeMillis: number): string {
  return `
    const { fork } = await import('node:child_process');
    const { once } = await import('node:events');
    const { join } = await import('node:path');
    const wait = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
    const begin = performance.now();
    const until = (millis) => wait(Math.max(0, millis - (performance.now() - begin)));
    const ferret = createFerret({ ...options, shutdownHooks: false, flushIntervalMillis: 20, onDiagnostic: () => {} });
    for (let i = 0; i < 10; i++) ferret.start('before').end();
    await ferret.flush();
    const env = { ...process.env, DATABASE: options.database, BEGIN: 'BEGIN IMMEDIATE' };
    const other = fork(join(process.argv[1], '../lock.mjs'), { env });
    await once(other, 'message');
    await until(${startMillis});
    for (let i = 0; i < 190; i++) ferret.start('locked').end();
    await wait(160);
    const closed = ferret.close({ timeoutMillis: 800 });
    const freed = wait(${freeMillis}).then(() => other.send('go on'));
    const report = await closed;
    await freed;
    await wait(600);
    const { started, stored, spilled, pending, dropped } = ferret.stats();
    if (report.ledger.pending !== 0 || pending !== 0) throw new Error('pending');
    if (started !== 200 || stored + spilled !== 200) throw new Error(JSON.stringify(ferret.stats()));
    if (Object.values(dropped).some((count) => count > 0)) throw new Error(JSON.stringify(dropped));
    if (other.exitCode === null) await once(other, 'exit');`;
}

describe.each([
  ['without a tick behind the write', 300],
  ['with a tick behind the write', 880],
])('%s', (_what, startMillis) => {
  it.each([650, 760, 790, 800, 805, 815, 830, 860, 900, 950])(
    'P15: a lock that goes %i ms after close(), whose deadline is 800, leaves a ledger that tells the rows',
    async (freeMillis) => {
      const database = temporaryFile();
      expect(await runScript(script(startMillis, freeMillis), database)).toMatchObject({ ...ENDED_WELL, stderr: '' });
      await recoverFile(database);
      expect(readdirSync(dirname(database))).toEqual(['ferret.db']);
      expect(await expectSound(database)).toMatchObject([
        { started: 200, stored: 200, spilled: 0, dropped_write_failed: 0, end_reason: 'close' },
      ]);
    },
  );
});

it('P15: rows are the truth where a process claims fewer, and spans that were counted as lost are not', async () => {
  const database = temporaryFile();
  expect(
    await runScript(
      `const { default: sqlite3 } = await import('sqlite3');
       const ferret = createFerret(options);
       for (let i = 0; i < 20; i++) ferret.start('work').end();
       await ferret.flush();
       // As a Ferret of before did that wrote a tick after it had given up.
       const other = new sqlite3.Database(options.database);
       await new Promise((resolve) =>
         other.exec('UPDATE process SET stored = 5, spilled = 10, dropped_write_failed = 5', resolve));
       ferret.start('last').end();
       process.exit(7);`,
      database,
    ),
  ).toMatchObject({ code: 7 });
  await recoverFile(database);
  expect(await expectSound(database)).toMatchObject([{ started: 21, stored: 21, dropped_write_failed: 0 }]);
});
