import { describe, expect, it } from 'vitest';
import { message, runScript, start, temporaryFile } from './child.js';
import { query, soundness } from './database.js';

const stored = async (database: string) => {
  const [row] = await query<{ spans: number }>(database, 'SELECT count(*) AS spans FROM ferret_spans_v1');
  return row?.spans;
};

describe('a process', () => {
  it('that never calls close ends by itself, with everything stored (FAULTS 22)', async () => {
    const database = temporaryFile();
    const end = await runScript(
      `const ferret = createFerret(options);
       for (let i = 0; i < 1000; i++) ferret.measure('work', () => i);`,
      database,
    );
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
    expect(await stored(database)).toBe(1_000);
    expect(await query(database, 'SELECT end_reason FROM ferret_processes_v1')).toEqual([{ end_reason: 'exit' }]);
    expect(await soundness(database)).toEqual({ integrity: 'ok', ledgers: [{ missing: 0 }] });
  });

  it('that records nothing ends by itself, and makes no file', async () => {
    const database = temporaryFile();
    expect(await runScript('createFerret(options)', database)).toEqual({ code: 0, signal: null, stderr: '' });
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

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'dies of %s with the same wait status as without Ferret (FAULTS 19)',
    async (signal) => {
      const statuses = [];
      for (const script of ['', `createFerret(options).measure('work', () => {});`]) {
        const child = start('run-script.mjs', {
          SCRIPT: `${script} setInterval(() => {}, 1000); process.send('ready')`,
          DATABASE: temporaryFile(),
        });
        await message(child);
        child.process.kill(signal);
        statuses.push(await child.ended);
      }
      expect(statuses[1]).toEqual(statuses[0]);
      expect(statuses[1]).toMatchObject({ code: null, signal });
    },
  );

  it('ends at once at a second SIGINT, also while the store hangs (FAULTS 20)', async () => {
    const child = start('run-script.mjs', {
      SCRIPT: `const sink = new MemorySink(() => { process.send('hangs'); return new Promise(() => {}); });
        createFerret({ sink }).start('work').end();
        setInterval(() => {}, 1000);
        process.send('ready');`,
      DATABASE: temporaryFile(),
    });
    await message(child);
    const hangs = message(child);
    const before = performance.now();
    child.process.kill('SIGINT');
    await hangs;
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGINT' });
    expect(performance.now() - before).toBeLessThan(4_000);
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
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
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
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
  });

  it('is not kept waiting by a store that hangs: it ends at the deadline of close (FAULTS 15)', async () => {
    const end = await runScript(
      `const ferret = createFerret({ sink: new MemorySink(() => new Promise(() => {})), onDiagnostic: () => {} });
       ferret.start('work').end();
       const report = await ferret.close({ timeoutMillis: 100 });
       if (report.complete || report.unwritten !== 1) throw new Error(JSON.stringify(report));`,
    );
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
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
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
  });
});

describe('a worker thread', () => {
  it('is a process of the run of its own, drained when it ends', async () => {
    const database = temporaryFile();
    const end = await runScript(
      `const { Worker } = await import('node:worker_threads');
       createFerret({ ...options, runId: 'threads' }).start('in main').end();
       const code = "import('@ferretjs/core').then(({ createFerret }) => createFerret(require('worker_threads').workerData).start('in worker').end())";
       const worker = new Worker(code, { eval: true, workerData: { ...options, runId: 'threads' } });
       await new Promise((resolve) => worker.on('exit', resolve));`,
      database,
    );
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
    expect(
      await query(
        database,
        `SELECT name, thread_id, end_reason FROM ferret_spans_v1 JOIN ferret_processes_v1 USING (process_key, thread_id) ORDER BY name`,
      ),
    ).toEqual([
      { name: 'in main', thread_id: 0, end_reason: 'exit' },
      { name: 'in worker', thread_id: 1, end_reason: 'exit' },
    ]);
  });
});

describe('several processes', () => {
  it('write one file without losing a span: four times 10,000 (FAULTS 11)', async () => {
    const database = temporaryFile();
    const script = `const ferret = createFerret({ ...options, runId: 'together' });
      for (let i = 0; i < 10000; i++) {
        ferret.start('work').end();
        if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const report = await ferret.close({ timeoutMillis: 30000 });
      if (report.ledger.stored !== 10000) throw new Error(JSON.stringify(report));`;
    const ends = await Promise.all(Array.from({ length: 4 }, () => runScript(script, database)));
    for (const end of ends) expect(end).toMatchObject({ code: 0, signal: null });
    expect(
      await query(
        database,
        'SELECT count(DISTINCT span_id) AS ids, count(DISTINCT process_key) AS processes FROM ferret_spans_v1',
      ),
    ).toEqual([{ ids: 40_000, processes: 4 }]);
    expect(await query(database, 'SELECT count(*) AS runs FROM ferret_runs_v1')).toEqual([{ runs: 1 }]);
    expect((await soundness(database)).integrity).toBe('ok');
  });
});
