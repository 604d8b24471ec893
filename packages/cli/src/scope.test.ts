import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS } from '@ferretjs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret, temporaryDirectory } from './ferret.fixture.js';

const TRACE = 'ab'.repeat(16);
const MILLISECOND = 1_000_000;
const HOUR = 3_600_000_000_000;

const directory = temporaryDirectory();
const file = join(directory, 'ferret.db');

beforeAll(async () => {
  const store = await createStoreFixture(file);
  const at = { traceId: TRACE, startMicros: FIXTURE_START_MICROS };
  for (const [index, service] of ['shop', 'shop', 'stock'].entries()) {
    const run = await store.addRun({ runId: `run-${index}`, service, startedAtMicros: FIXTURE_START_MICROS + index });
    const process = await store.addProcess(run, { pid: 100 + index });
    await store.addRouteMinute(process, { name: 'GET /', durationsNanos: [MILLISECOND, 48 * HOUR] });
    await store.addRouteMinute(process, { name: index === 0 ? '' : '(other names)', durationsNanos: [MILLISECOND] });
    if (index === 0) {
      await store.addSpan(process, {
        ...at,
        spanId: 'a1'.repeat(8),
        name: 'GET /',
        durationNanos: 100 * MILLISECOND,
        attributes: {
          'ferret.folded.names': ['SELECT'],
          'ferret.folded.counts': [212],
          'ferret.folded.durations_ns': [1],
        },
      });
      await store.addSpan(process, {
        ...at,
        spanId: 'b1'.repeat(8),
        parentId: 'a1'.repeat(8),
        name: 'call',
        durationNanos: 80 * MILLISECOND,
      });
    }
    if (index === 2) {
      const called = { ...at, parentId: 'b1'.repeat(8), isLocalRoot: true };
      await store.addSpan(process, { ...called, name: 'GET /stock', durationNanos: 60 * MILLISECOND });
    }
  }
  const gone = await store.addProcess(await store.addRun({ runId: 'gone', startedAtMicros: 1 }), {
    started: 7,
    stored: 7,
  });
  expect(gone).toBeGreaterThan(0);
  await store.close();
});

const ferret = async (...parameters: string[]) => {
  const { code, out, err } = await runFerret([...parameters, file]);
  expect([code, err.replace(/^missing.*\n/gm, '')], parameters.join(' ')).toEqual([0, '']);
  return out;
};

describe('--run all', () => {
  it('analyzes all runs as one', async () => {
    const out = await ferret('analyze', '--run', 'all');
    expect(out).toMatch(/^run {6}all 4 runs of the file\nservice {2}stock, shop\n/);
    expect(out).toMatch(/^GET \/ +6 /m);
    const { run, names } = JSON.parse(await ferret('analyze', '--run', 'all', '--exact', '--json'));
    expect(run).toMatchObject({ runId: 'all', service: 'stock, shop' });
    expect(names.map(({ name }: { name: string }) => name)).toEqual(['GET /', 'call', 'GET /stock']);
  });

  it('exports all runs', async () => {
    const lines = (await ferret('export', '--run', 'all')).split('\n').slice(0, -1);
    expect(lines.map((line) => JSON.parse(line).runId)).toEqual(['run-0', 'run-0', 'run-2']);
  });
});

describe('analyze --self', () => {
  it('tells the time that spans spent themselves, by name', async () => {
    const { names, foldedSpans } = JSON.parse(await ferret('analyze', '--self', '--run', 'all', '--json'));
    expect(foldedSpans).toBe(212);
    expect(names).toMatchObject([
      { name: 'GET /stock', count: 1, selfNanos: 60 * MILLISECOND },
      { name: 'GET /', selfNanos: 20 * MILLISECOND, totalNanos: 100 * MILLISECOND, share: 0.2 },
      { name: 'call', selfNanos: 20 * MILLISECOND },
    ]);
    const out = await ferret('analyze', '--self', '--run', 'all');
    expect(out).toMatch(/^GET \/ +1 +20\.0 ms +20 %/m);
    expect(out).toContain('self times include 212 folded spans');
    expect(await ferret('analyze', '--self', '--run', 'all', '--csv')).toMatch(/^name,count,self_ns/);
    expect(await ferret('analyze', '--self', '--run', 'all', '--where', 'name=call')).not.toContain('GET /stock');
  });
});

describe('analyze --slowest', () => {
  it('lists the slowest roots with the ids of their traces', async () => {
    const out = await ferret('analyze', '--slowest', '--run', 'all');
    expect(out).toMatch(new RegExp(`100 ms {2}${TRACE} .* GET /\\n.*60\\.0 ms {2}${TRACE} .* GET /stock\\n`));
    const { slowest } = JSON.parse(await ferret('analyze', '--slowest', '--run', 'run-0', '--json', '--limit', '1'));
    expect(slowest).toMatchObject([{ traceId: TRACE, name: 'GET /', durationNanos: 100 * MILLISECOND }]);
    const narrow = await runFerret(['analyze', '--slowest', '--run', 'run-0', file], { columns: 80 });
    expect(narrow.out).toContain(` ${TRACE.slice(0, 12)} `);
  });
});

describe('ids', () => {
  it('are taken by their beginnings', async () => {
    const whole = await ferret('export', '--trace', TRACE);
    expect(whole.split('\n')).toHaveLength(4);
    expect(await ferret('export', '--trace', TRACE.slice(0, 4))).toBe(whole);
    expect((await runFerret(['export', '--trace', '00', file])).err).toMatch(
      /holds no trace whose id begins with 00\.\n$/,
    );
  });
});

it('R11: a span beyond the last bucket makes the scale an open one', async () => {
  expect(await ferret('analyze', '--run', 'run-1')).toMatch(/distribution: .* to 73\.3 min and more, /);
});

it('R12: names beyond those that are counted are told apart by --exact, which a note says', async () => {
  expect(await ferret('analyze', '--run', 'run-1')).toContain(
    '(other names): a process counts 2,000 names; --exact tells',
  );
  expect(await ferret('analyze', '--run', 'run-0')).not.toContain('tells the others apart');
});

it('R14: a blank name is seen, and a long one is cut where there is no terminal', async () => {
  expect(await ferret('analyze', '--run', 'run-0')).toMatch(/^"" +1 /m);
  const long = join(directory, 'long.db');
  const store = await createStoreFixture(long);
  await store.addSpan(await store.addProcess(await store.addRun()), { name: 'x'.repeat(700) });
  await store.close();
  const { out } = await runFerret(['analyze', long]);
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(220);
  expect((await runFerret(['analyze', '--json', long])).out).toContain('x'.repeat(700));
});

it('R17: a trace of several processes says wherever the process changes', async () => {
  const out = await ferret('trace', TRACE.slice(0, 8));
  expect(out.match(/\[.*\]/g)).toEqual(['[shop, process 100 on box]', '[stock, process 102 on box]']);
});

it('R18: a run whose spans have been deleted says so', async () => {
  for (const options of [[], ['--exact'], ['--tree'], ['--slowest']]) {
    const out = await ferret('analyze', ...options, '--run', 'gone');
    expect(out).toContain('missing  7 stored, and deleted from the file since');
    expect(out).toContain('Its spans have been deleted (retention).');
  }
});
