import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CloseReport } from '@ferretjs/core';
import { expect, it, onTestFinished } from 'vitest';
import { message, runScript, start, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { WITHOUT_NODE_SQLITE } from '../deployment/no-driver.js';
import { ENDED_WELL, expectFewWarnings, expectSound, expectUndisturbed } from './invariants.js';
import { beginElsewhere } from './other-program.js';
import { scaled } from './scale.js';
import { unexplained } from './service.js';

const idsIn = async (database: string) => {
  const [row] = await query<{ ids: number }>(database, 'SELECT count(DISTINCT span_id) AS ids FROM ferret_spans_v1');
  return row?.ids;
};

/** The next process takes in what was spilled, each span once. */
async function expectTakenIn(database: string, spans: number): Promise<void> {
  const next = await runScript('createFerret({ ...options, runId: "next" }).start("work").end()', database);
  expect(next).toMatchObject(ENDED_WELL);
  expectFewWarnings(next);
  expect(readdirSync(dirname(database)).filter((name) => name.includes('.spill'))).toEqual([]);
  await expectSound(database);
  expect(await idsIn(database)).toBe(spans + 1);
}

it('15 a. a writer that hangs: close returns at its deadline and reports the unwritten spans, all kept', async () => {
  const database = temporaryFile();
  const fifo = `${database}.fifo`;
  execFileSync('mkfifo', [fifo]);
  // The only thread of the pool waits for somebody to write into a pipe: whatever SQLite is to do hangs.
  const script = `
    const { open } = await import('node:fs');
    const ferret = createFerret(options);
    ferret.start('work').end();
    await ferret.flush();
    open('${fifo}', 'r', () => {});
    for (let i = 0; i < 1000; i++) ferret.start('work').end();
    const before = performance.now();
    const report = await ferret.close({ timeoutMillis: 500 });
    process.send({ report, millis: performance.now() - before });
    process.disconnect();`;
  const child = start('run-script.mjs', { SCRIPT: script, DATABASE: database, UV_THREADPOOL_SIZE: '1' });
  onTestFinished(() => void child.process.kill('SIGKILL'));
  const { report, millis } = await message<{ report: CloseReport; millis: number }>(child);
  expect(report).toMatchObject({
    complete: false,
    unwritten: 1_000,
    ledger: { started: 1_001, stored: 1, spilled: 1_000 },
  });
  expect(unexplained(report.ledger)).toBe(0);
  expect(millis).toBeGreaterThan(450);
  expect(millis).toBeLessThan(4_000);
  writeFileSync(fifo, 'go on');
  const end = await child.ended;
  expectUndisturbed(end);
  expect(end.stderr).toContain('FERRET_CLOSE_TIMED_OUT');
  await expectTakenIn(database, 1_001);
});

it('15 b. a file that stays locked: the same', async () => {
  const database = temporaryFile();
  await runScript('createFerret(options).start("work").end()', database);
  const release = await beginElsewhere(database, 'BEGIN EXCLUSIVE');
  const end = await runScript(
    `const ferret = createFerret(options);
     for (let i = 0; i < 1000; i++) ferret.start('work').end();
     const { complete, unwritten, ledger } = await ferret.close({ timeoutMillis: 500 });
     if (complete || unwritten !== 1000 || ledger.spilled !== 1000) throw new Error(JSON.stringify(ledger));`,
    database,
  );
  expect(end).toMatchObject(ENDED_WELL);
  expectFewWarnings(end);
  await release();
  await expectTakenIn(database, 1_001);
});

it('15 c. a store of your own that hangs: close and every flush return, and the process ends by itself', async () => {
  const end = await runScript(
    `const ferret = createFerret({ sink: new MemorySink(() => new Promise(() => {})), onDiagnostic: () => {} });
     ferret.start('work').end();
     const flushed = ferret.flush();
     const report = await ferret.close({ timeoutMillis: 100 });
     await Promise.all([flushed, ferret.flush()]);
     if (report.complete || report.unwritten !== 1) throw new Error(JSON.stringify(report));`,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
});

it.each([
  ['normal', 1],
  ['full', 2],
])('16 a. synchronous: %s is what SQLite is told, and what the documentation says', async (synchronous, level) => {
  // The setting is the same with every driver; only this driver's connection can be had from outside.
  const { ended } = startScript(
    `const { default: sqlite3 } = await import('sqlite3');
     const { Database } = sqlite3;
     let handle;
     sqlite3.Database = function (...parameters) { return (handle = new Database(...parameters)); };
     const ferret = createFerret({ ...options, synchronous: '${synchronous}' });
     ferret.start('work').end();
     await ferret.flush();
     const level = await new Promise((resolve) =>
       handle.get('PRAGMA synchronous', (_error, row) => resolve(row.synchronous)));
     if (level !== ${level}) throw new Error(level);
     await ferret.close();`,
    temporaryFile(),
    WITHOUT_NODE_SQLITE,
  );
  expect(await ended).toMatchObject({ ...ENDED_WELL, stderr: '' });
  const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  expect(operations).toMatch(/power[\s\S]{0,300}synchronous/i);
  expect(operations).toContain("synchronous: 'full'");
});

it('16 b. what a power loss may leave of the WAL, cut anywhere, is a sound file with the first spans', async () => {
  const database = temporaryFile();
  const child = startScript(
    `const ferret = createFerret({ ...options, batchSize: 20 });
     for (let i = 0; i < 2000; i++) ferret.start('work', { attributes: { number: i } }).end();
     await ferret.flush();
     process.send('stored');
     process.on('message', () => {});`,
    database,
  );
  await message(child);
  child.process.kill('SIGKILL');
  await child.ended;
  const { size } = statSync(`${database}-wal`);
  expect(size).toBeGreaterThan(100_000);
  for (let cut = 0; cut < scaled(200); cut++) {
    const copy = temporaryFile();
    copyFileSync(database, copy);
    copyFileSync(`${database}-wal`, `${copy}-wal`);
    const rest = Math.floor(Math.random() * size);
    truncateSync(`${copy}-wal`, rest);
    // A disk may also have kept the length and lost the content.
    if (cut % 2 === 0) truncateSync(`${copy}-wal`, size);
    expect(await query(copy, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const tables = await query(copy, "SELECT name FROM sqlite_schema WHERE name = 'ferret_spans_v1'");
    if (tables.length === 0) continue;
    await expectSound(copy, { pending: { atMost: 2_000 } });
    const [row] = await query<{ rows: number; next: number }>(
      copy,
      `SELECT count(*) AS rows, coalesce(max(attributes ->> '$.number') + 1, 0) AS next FROM ferret_spans_v1`,
    );
    expect(row?.next).toBe(row?.rows);
    expect((row?.rows ?? 0) % 20).toBe(0);
  }
  expect(existsSync(database)).toBe(true);
});
