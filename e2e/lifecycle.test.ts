import { describe, expect, it } from 'vitest';
import { runScript, temporaryFile } from './child.js';
import { query } from './database.js';

const stored = async (database: string) => {
  const [row] = await query<{ spans: number }>(database, 'SELECT count(*) AS spans FROM ferret_spans_v1');
  return row?.spans;
};

describe('a process', () => {
  it('that records nothing ends by itself, and makes no file', async () => {
    const database = temporaryFile();
    expect(await runScript('createFerret(options)', database)).toMatchObject({ code: 0, signal: null, stderr: '' });
    await expect(query(database, 'SELECT 1')).rejects.toThrow();
  });

  it('keeps its exit code and message when it dies of an uncaught exception', async () => {
    const end = await runScript(
      `createFerret(options).start('work').end(); setTimeout(() => { throw new Error('my bug') })`,
    );
    expect(end).toMatchObject({ code: 1, signal: null, stderr: expect.stringContaining('my bug') });
  });

  it('keeps its exit code when it calls process.exit', async () => {
    expect(await runScript(`createFerret(options).start('work').end(); process.exit(7)`)).toMatchObject({ code: 7 });
  });

  it('has every span in the file when close() resolves, and the file alone', async () => {
    const database = temporaryFile();
    const end = await runScript(
      `const { readdirSync } = await import('node:fs');
       const { dirname } = await import('node:path');
       const ferret = createFerret(options);
       for (let i = 0; i < 5000; i++) ferret.start('work').end();
       const report = await ferret.close();
       if (!report.complete || report.ledger.stored !== 5000) throw new Error(JSON.stringify(report));
       const files = readdirSync(dirname(options.database));
       if (files.join() !== 'ferret.db') throw new Error(files.join());`,
      database,
    );
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(await stored(database)).toBe(5_000);
  });

  it('waits at close for a sink that takes 200 ms', async () => {
    const end = await runScript(
      `const sink = new MemorySink(() => new Promise((resolve) => setTimeout(resolve, 200).unref()));
       const ferret = createFerret({ sink });
       ferret.start('work').end();
       const { complete, ledger } = await ferret.close();
       if (!complete || ledger.stored !== 1 || sink.spans.length !== 1) throw new Error('lost');`,
    );
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});

describe('the two copies of the package, CommonJS and ES module', () => {
  it('share the current span and the default instance', async () => {
    const end = await runScript(
      `const { createRequire } = await import('node:module');
       const core = createRequire(process.argv[1])('@ferretjs/core');
       if (core.currentSpan === currentSpan) throw new Error('these are not two copies');
       const ferret = createFerret(options);
       ferret.measure('outer', (span) => {
         if (core.currentSpan() !== span) throw new Error('not shared');
         core.createFerret({ sink: new MemorySink() }).measure('inner', (inner) => {
           if (inner.parentId !== span.spanId) throw new Error('not a child');
         });
       });
       process.env.FERRET_DATABASE = options.database;
       const { defaultFerret } = await import('@ferretjs/core');
       if (core.defaultFerret() !== defaultFerret()) throw new Error('two defaults');`,
    );
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});

describe('a worker thread', () => {
  it('is a process of the run of its own, drained when it ends', async () => {
    const database = temporaryFile();
    const end = await runScript(
      `const { Worker } = await import('node:worker_threads');
       // Opens the file after the worker has ended, however long that takes.
       createFerret({ ...options, runId: 'threads', flushIntervalMillis: 60_000 }).start('in main').end();
       const code = \`
         import('@ferretjs/core').then(({ createFerret }) =>
           createFerret(require('worker_threads').workerData).start('in worker').end());
       \`;
       const worker = new Worker(code, { eval: true, workerData: { ...options, runId: 'threads' } });
       await new Promise((resolve) => worker.on('exit', resolve));`,
      database,
    );
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(
      await query(
        database,
        `SELECT name, thread_id, end_reason
         FROM ferret_spans_v1 JOIN ferret_processes_v1 USING (process_key, thread_id) ORDER BY name`,
      ),
    ).toEqual([
      { name: 'in main', thread_id: 0, end_reason: 'exit' },
      { name: 'in worker', thread_id: 1, end_reason: 'exit' },
    ]);
  });
});
