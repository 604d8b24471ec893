import { chmod, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createFerret, type SpanSink, StoreForeignError } from '@ferretjs/core';
import { type MemorySink, sinkContract } from '@ferretjs/core/testing';
import { describe, expect, it } from 'vitest';
import { type End, runScript, startScript, temporaryFile } from '../child.js';
import { query } from '../database.js';
import { LineSink, linesOf } from './line-sink.js';

const commonJs = createRequire(import.meta.url)('./common-js-sink.cjs') as {
  createSink(kind: string, isThrown: boolean): MemorySink;
  readonly kinds: readonly string[];
  readonly StoreForeignError: typeof StoreForeignError;
};

const newFile = () => temporaryFile('spans.jsonl');

describe('K18: a sink of another package, written against the public types alone', () => {
  const contract = sinkContract({
    create: async () => new LineSink(newFile()),
    read: async (sink) => (await linesOf((sink as LineSink).file)).flatMap(({ spans }) => spans),
    async interrupt(sink) {
      const { file } = sink as LineSink;
      await chmod(file, 0o400);
      return () => chmod(file, 0o600);
    },
  });
  // The administrator may write to any file.
  const isAdministrator = process.geteuid?.() === 0;
  it.each(contract.filter(({ name }) => !(isAdministrator && name.includes('STORE_UNAVAILABLE'))))('$name', ({ run }) =>
    run(),
  );

  it('K18: gets what service and process need to be told apart', async () => {
    const file = newFile();
    const ferret = createFerret({ sink: new LineSink(file), service: 'shop', shutdownHooks: false });
    ferret.measure('work', () => {});
    await ferret.close();
    expect(await linesOf(file)).toMatchObject([{ service: 'shop', spans: [{ name: 'work' }] }, { spans: [] }]);
    expect(await readdir(dirname(file))).toEqual(['spans.jsonl']);
  });
});

describe('K17: an ES module core with a sink of a CommonJS package', () => {
  const cases = commonJs.kinds.flatMap((kind) => [
    { kind, isThrown: false, how: 'rejected' },
    { kind, isThrown: true, how: 'thrown' },
  ]);

  it.each(cases)('tries again after an error $kind, $how', async ({ kind, isThrown }) => {
    const sinks = [commonJs.createSink(kind, isThrown), commonJs.createSink(kind, isThrown)];
    const [sink, beside] = sinks as [MemorySink, MemorySink];
    const ferret = createFerret({ sink, alsoTo: [beside], shutdownHooks: false, onDiagnostic: () => {} });
    ferret.measure('work', () => {});
    await ferret.flush();
    expect(await ferret.close()).toMatchObject({ complete: true, ledger: { stored: 1, dropped: { writeFailed: 0 } } });
    for (const each of sinks) expect(each.spans).toMatchObject([{ name: 'work' }]);
  });

  it('spills nothing for a store that the other copy calls foreign', async () => {
    expect(commonJs.StoreForeignError).not.toBe(StoreForeignError);
    const file = newFile();
    const sink: SpanSink = {
      write: () => Promise.reject(new commonJs.StoreForeignError('another program has it')),
      close: async () => {},
    };
    const ferret = createFerret({ sink, spillTo: file, shutdownHooks: false, onDiagnostic: () => {} });
    for (let count = 0; count < 3; count++) {
      ferret.measure('work', () => {});
      await ferret.flush();
    }
    await ferret.close();
    expect(await readdir(dirname(file))).toEqual([]);
  });
});

/** A process whose sink hangs, until it is killed or ends; it says when 20 spans have ended. */
const hanging = (end: string, options = '') => `
  const sink = { write: () => new Promise(() => {}), close: () => new Promise(() => {}) };
  const ferret = createFerret({ sink, spillTo: options.database, service: 'dead', ${options} });
  for (let i = 0; i < 20; i++) ferret.start('left ' + i).end();
  ${end}`;

describe('K18: what a process with a sink of its own leaves in spill files', () => {
  const ends: readonly [string, string][] = [
    ['process.exit()', 'process.exit(3);'],
    ['an exception', "setTimeout(() => { throw new Error('my bug') }, 10);"],
    ['a deadline of close()', 'await ferret.close({ timeoutMillis: 20 }); process.exit(3);'],
    [
      'SIGTERM and SIGKILL',
      `process.on('SIGTERM', () => process.kill(process.pid, 'SIGKILL'));
       process.kill(process.pid, 'SIGTERM');
       setInterval(() => {}, 1000);`,
    ],
  ];

  it.each(ends)('reaches the sink of the next one, once: %s', async (_title, end) => {
    const place = temporaryFile();
    await runScript(hanging(end), place);
    expect((await readdir(dirname(place))).length).toBeGreaterThan(0);
    const file = newFile();
    const next = createFerret({ sink: new LineSink(file), spillTo: place, service: 'next', shutdownHooks: false });
    next.measure('own', () => {});
    await next.flush();
    await next.close();
    const stored = (await linesOf(file)).flatMap(({ service, spans }) => spans.map(({ name }) => `${service} ${name}`));
    const left = Array.from({ length: 20 }, (_, index) => `dead left ${index}`);
    expect(stored.sort()).toEqual([...left, 'next own'].sort());
    expect(await readdir(dirname(place))).toEqual([]);
  });

  it('is nothing, and no file, where no place is named', async () => {
    const place = temporaryFile();
    await runScript(hanging('process.exit(3);', 'spillTo: undefined'), place);
    expect(await readdir(dirname(place))).toEqual([]);
  });
});

describe('a process with a sink beside its file', () => {
  const beside = (sink: string, work: string) => `
    const sink = ${sink};
    const ferret = createFerret({ ...options, alsoTo: [sink], onDiagnostic: () => {} });
    for (let i = 0; i < 20; i++) ferret.start('work').end();
    ${work}`;
  const HANGS = '{ write: () => new Promise(() => {}), close: () => new Promise(() => {}) }';
  const stored = async (database: string) =>
    (await query<{ spans: number }>(database, 'SELECT count(*) AS spans FROM ferret_spans_v1'))[0]?.spans;

  it('ends as it would without, and has all spans in the file, though the sink hangs', async () => {
    const database = temporaryFile();
    const end: End = await runScript(beside(HANGS, 'process.exitCode = 4;'), database);
    expect(end).toMatchObject({ code: 4, signal: null, stderr: '' });
    expect(end.seconds).toBeLessThan(30);
    expect(await readdir(dirname(database))).toEqual(['ferret.db']);
    expect(await stored(database)).toBe(20);
  });

  it('ends by its signal', async () => {
    const database = temporaryFile();
    const child = startScript(
      beside(HANGS, 'await ferret.flush(); process.send(1); setInterval(() => {}, 1000);'),
      database,
    );
    child.process.once('message', () => child.process.kill('SIGTERM'));
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(await stored(database)).toBe(20);
  });
});

it('P27: what another version keeps for the process is left alone, and sinks work beside it', async () => {
  const end = await runScript(
    `for (const name of ['context', 'default', 'shutdown', 'unrecorded', 'shared']) {
       globalThis[Symbol.for('ferretjs@9.' + name)] = { of: 'another major version' };
     }
     const sink = new MemorySink();
     const ferret = createFerret({ sink, alsoTo: [new MemorySink()] });
     ferret.measure('work', () => {});
     const { complete } = await ferret.close();
     if (!complete || sink.spans.length !== 1) throw new Error('lost');`,
  );
  expect(end).toMatchObject({ code: 0, stderr: '' });
});
