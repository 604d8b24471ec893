import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS } from '@ferretjs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret, temporaryDirectory } from './ferret.fixture.js';

/** A pid that no process has. */
const DEAD = 0x7fff_fffe;
const SECOND = 1_000_000;

const directory = temporaryDirectory();
const file = join(directory, 'ferret.db');

const ferret = (...parameters: string[]) => runFerret(parameters, { environment: {} });

beforeAll(async () => {
  const store = await createStoreFixture(file);
  const run = await store.addRun({ runId: 'killed' });
  const gone = await store.addProcess(run, { pid: DEAD, hostname: hostname(), endedAtMicros: null, endReason: null });
  const at = (seconds: number) => ({ startMicros: FIXTURE_START_MICROS + seconds * SECOND });
  await store.addOpenSpan(gone, {
    ...at(1),
    name: 'POST /orders',
    spanId: '00000000000000a1',
    attributes: { 'url.path': '/orders' },
  });
  await store.addOpenSpan(gone, {
    ...at(2),
    name: 'charge\u001b[2J',
    spanId: '00000000000000a2',
    parentId: '00000000000000a1',
    isLocalRoot: false,
    attributes: { 'exception.type': 'PaymentError', 'exception.message': 'declined\nby the bank' },
  });
  await store.addOpenSpan(gone, { ...at(3), name: 'retry', parentId: '00000000000000a2', isLocalRoot: false });
  await store.addOpenSpan(gone, { ...at(4), name: 'audit', parentId: '00000000000000a1', isLocalRoot: false });
  await store.addOpenSpan(gone, { ...at(5), name: 'GET /far', parentId: 'ee'.repeat(8), isLocalRoot: true });
  const thrown = await store.addProcess(
    await store.addRun({ runId: 'thrown', startedAtMicros: FIXTURE_START_MICROS + 1 }),
    {
      pid: 4711,
      endReason: 'uncaughtException',
      lastSeenMicros: FIXTURE_START_MICROS + 5 * SECOND,
    },
  );
  await store.addSpan(thrown, { traceId: 'ab'.repeat(16), spanId: '00000000000000b1', name: 'GET /over' });
  await store.addSpan(thrown, {
    traceId: 'ab'.repeat(16),
    parentId: '00000000000000b1',
    name: 'mail',
    outcome: 'interrupted',
    durationNanos: 2e9,
  });
  await store.close();
});

describe('ferret crashes', () => {
  it('tells by process what was in flight, for how long and under which parent', async () => {
    const { code, out, err } = await ferret('crashes', file);
    expect([code, err]).toEqual([0, '']);
    expect(out.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME')).toBe(
      `process ${DEAD} on ${hostname()}, shop, run killed
killed without a word, last seen TIME, after 10.0 s
5 spans in flight, not stored yet
open for  span
  9.00 s  POST /orders  url.path=/orders
  8.00 s  ├─ charge\\x1b[2J  PaymentError: declined
  7.00 s  │  └─ retry
  6.00 s  └─ audit
  5.00 s  GET /far  (called from another service)

process 4711 on box, shop, run thrown
ended by an exception that nobody caught, TIME, after 5.00 s
1 span in flight
open for  span
  2.00 s  mail  (under GET /over)

"ferret recover", or the next start of the app, stores what is not in the file yet.
`,
    );
  });

  it('changes nothing', async () => {
    const before = await readFile(file);
    await ferret('crashes', file);
    expect(await readFile(file)).toEqual(before);
  });

  it('tells of as many as asked for, of one run if asked to', async () => {
    const one = (await ferret('crashes', file, '--limit', '1')).out;
    expect(one).toContain('run killed');
    expect(one).not.toContain('run thrown');
    expect(one).toContain('... and earlier ones: --limit shows more');
    const thrown = (await ferret('crashes', file, '--run', 'thr')).out;
    expect(thrown).toMatch(/^process 4711 /);
    expect(thrown).not.toContain('ferret recover');
    expect(await ferret('crashes', file, '--run', 'nope')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/holds no run/),
    });
  });

  it('prints JSON', async () => {
    const document = JSON.parse((await ferret('crashes', file, '--json')).out) as Record<string, unknown>;
    expect(document).toMatchObject({
      crashes: [
        { pid: DEAD, reason: 'crashed', runId: 'killed', isRecovered: false, endedAt: '2026-01-01T00:00:10.000Z' },
        { pid: 4711, reason: 'uncaughtException', isRecovered: true, inFlightCount: 1 },
      ],
      hasMore: false,
      spillFiles: [],
    });
    expect((document['crashes'] as { inFlight: unknown[] }[])[0]?.inFlight.slice(0, 2)).toMatchObject([
      {
        name: 'POST /orders',
        parentId: null,
        parentName: null,
        openForNanos: 9e9,
        startedAt: '2026-01-01T00:00:01.000Z',
      },
      { name: 'charge\u001b[2J', parentName: 'POST /orders', attributes: { 'exception.type': 'PaymentError' } },
    ]);
    expect(JSON.parse((await ferret('crashes', file, '--json', '--limit', '1')).out)).toMatchObject({ hasMore: true });
  });

  it('mentions spill files that wait', async () => {
    const spill = `${file}.spill-x`;
    await writeFile(spill, 'x'.repeat(2_048));
    const { out } = await ferret('crashes', file, '--run', 'thrown');
    expect(out).toContain(`1 spill file beside the database (2.00 KB), not in it yet:\n  ${spill}\n"ferret recover"`);
    await rm(spill);
  });

  it('says that nothing has crashed', async () => {
    const quiet = join(directory, 'quiet.db');
    const store = await createStoreFixture(quiet);
    await store.addProcess(await store.addRun());
    await store.close();
    expect((await ferret('crashes', quiet)).out).toBe('No process has crashed.\n');
  });

  it('says how many spans it leaves out', async () => {
    const busy = join(directory, 'busy.db');
    const store = await createStoreFixture(busy);
    const process = await store.addProcess(await store.addRun(), { endReason: 'crashed' });
    for (let index = 0; index < 53; index += 1) await store.addSpan(process, { outcome: 'interrupted' });
    await store.close();
    const { out } = await ferret('crashes', busy);
    expect(out).toContain('53 spans in flight\n');
    expect(out).toContain('\n... and 3 more, that were started later\n');
  });
});

describe('a run', () => {
  it('is said to be running, ended or crashed, where that can be known', async () => {
    const mixed = join(directory, 'mixed.db');
    const store = await createStoreFixture(mixed);
    const unended = { hostname: hostname(), endedAtMicros: null, endReason: null };
    const add = async (runId: string, ...processes: object[]) => {
      const run = await store.addRun({ runId });
      for (const each of processes) await store.addProcess(run, each);
    };
    await add('ended', { endReason: 'close' });
    await add('crashed', { endReason: 'crashed' }, { endReason: 'close' });
    await add('dead', { ...unended, pid: DEAD });
    await add('running', { ...unended, pid: process.pid });
    await add('partly', { ...unended, pid: process.pid }, { ...unended, pid: DEAD });
    await add('elsewhere', { ...unended, hostname: 'elsewhere' });
    await store.close();
    const { out } = await ferret('runs', mixed);
    const states = out
      .split('\n')
      .slice(1, 7)
      .map((line) => line.trim().split(/ {2,}/));
    expect(Object.fromEntries(states.map((cells) => [cells[0], cells.at(-1)]))).toEqual({
      ended: 'ended',
      crashed: 'crashed',
      dead: 'crashed',
      running: 'running',
      partly: 'running, 1 crashed',
      elsewhere: 'running, or crashed',
    });
    expect((await ferret('analyze', mixed, '--run', 'dead')).out).toContain('until last seen (crashed)');
    expect((await ferret('analyze', mixed, '--run', 'running')).out).toContain('until last seen (running)');
    expect((await ferret('analyze', mixed, '--run', 'crashed')).out).toContain('(ended: crashed, close)');
  });
});
