import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS } from '@ferretjs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret, temporaryDirectory } from '../ferret.fixture.js';

const MILLISECOND = 1_000_000;
const MINUTE_MICROS = 60_000_000;

const directory = temporaryDirectory();
const file = join(directory, 'ferret.db');

beforeAll(async () => {
  const store = await createStoreFixture(file);
  const process = await store.addProcess(await store.addRun(), {
    started: 96,
    sampledOut: 96,
    lastSeenMicros: FIXTURE_START_MICROS + 2 * MINUTE_MICROS,
  });
  const durationsNanos = Array.from({ length: 49 }, (_, index) => (index + 1) * MILLISECOND);
  await store.addRouteMinute(process, { durationsNanos });
  await store.addRouteMinute(process, { durationsNanos, minuteMicros: FIXTURE_START_MICROS + MINUTE_MICROS });
  await store.addRouteMinute(process, { name: '=SUM(A1)', durationsNanos: [1, 2], outcome: 'error' });
  const span = { httpRoute: '/', httpStatusCode: 200, attributes: { plan: 'pro' } };
  await store.addSpan(process, { ...span, durationNanos: 7 * MILLISECOND });
  await store.addSpan(process, { ...span, httpStatusCode: 500, outcome: 'error', attributes: {} });
  await store.addSpan(process, { name: '=SUM(A1)', outcome: 'error' });
  await store.addSpan(process, { name: 'late', startMicros: FIXTURE_START_MICROS + MINUTE_MICROS });
  await store.close();
});

interface Document {
  source: string;
  by: string;
  from: string;
  to: string;
  names: { name: string | null; count: number; errors: number; ratePerSecond: number; errorShare: number }[];
}

const analyze = (...parameters: string[]) => runFerret(['analyze', file, ...parameters]);

async function json(...parameters: string[]): Promise<Document> {
  const { code, out, err } = await analyze('--json', ...parameters);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Document;
}

const counts = ({ names }: Document) => names.map(({ name, count }) => `${name} ${count}`);

describe('figures', () => {
  it('are what was counted, whatever was kept, and say so', async () => {
    const { out } = await analyze();
    expect(out).toContain('sampled  0.03/s of 0.83/s kept in detail; counts are exact\n');
    expect(out).toContain(
      'figures  from live counters (every span, percentiles within 2 %, above 1 us); --exact reads the stored spans instead\n',
    );
    expect(out).toMatch(/^GET \/ +98 +0\.82\/s +0 +2\.45 s +>99\.9 % /m);
    expect(out).toMatch(/^=SUM\(A1\) +2 +0\.02\/s +2 \(100 %\) /m);
    expect(counts(await json())).toEqual(['GET / 98', '=SUM(A1) 2']);
    expect((await json()).source).toBe('routes');
  });

  it('are scanned where they must be exact, or by what was not counted', async () => {
    expect((await analyze('--exact')).out).toContain(
      '0.03/s of 0.83/s kept in detail; a scan sees only what was kept\n',
    );
    expect(counts(await json('--exact', '--sort', 'name'))).toEqual(['=SUM(A1) 1', 'GET / 2', 'late 1']);
    expect(await json('--by', 'status')).toMatchObject({ source: 'spans', by: 'status' });
    expect(counts(await json('--by', 'status', '--sort', 'name'))).toEqual(['null 2', '200 1', '500 1']);
    expect(counts(await json('--by', 'attribute:plan', '--sort', 'count'))).toEqual(['null 3', 'pro 1']);
    expect((await analyze('--by', 'attribute:plan')).out).toMatch(/^plan +count[\s\S]*^\(none\) +3 /m);
  });

  it('go by outcome without a scan', async () => {
    expect(await json('--by', 'outcome')).toMatchObject({
      source: 'routes',
      names: [{ name: 'ok' }, { name: 'error' }],
    });
    expect((await analyze('--by', 'outcome', '--limit', '1')).out).toContain(
      '... and 1 more value: --limit 2 shows all',
    );
  });

  it('are of the spans that meet all conditions', async () => {
    expect(counts(await json('--where', 'route=/', '--where', 'outcome=error'))).toEqual(['GET / 1']);
    expect(counts(await json('--where', 'plan=pro'))).toEqual(['GET / 1']);
    const { out } = await analyze('--where', "plan=' OR 1=1 --");
    expect(out).toContain('\n\nNo span matches.\n');
  });

  it('are of a time, where they are counted in whole minutes', async () => {
    const later = ['--since', '2026-01-01T00:01:30Z'];
    expect(await json(...later)).toMatchObject({
      from: '2026-01-01T00:01:00.000Z',
      to: '2026-01-01T00:02:00.000Z',
      names: [{ name: 'GET /', count: 49, ratePerSecond: 49 / 60 }],
    });
    expect((await analyze(...later)).out).toMatch(/^period {3}2.* to 2.*, in whole minutes$/m);
    expect(counts(await json('--exact', '--since', '2026-01-01T00:00:30Z'))).toEqual(['late 1']);
    expect(counts(await json('--until', '2026-01-01T00:00:30Z'))).toEqual(['GET / 49', '=SUM(A1) 2']);
    // No count within it does not mean that the run has none.
    expect(await json('--since', '2026-02-01')).toMatchObject({ source: 'routes', names: [] });
  });

  it('say where the time holds nothing of the run', async () => {
    for (const more of [[], ['--exact']]) {
      const later = (await analyze('--since', '2026-02-01T12:00', ...more)).out;
      expect(later).toMatch(/^period +nothing of the run: it ended at .*, before 2026-02-01 12:00:00$/m);
      const before = (await analyze('--until', '2025-12-01T12:00', ...more)).out;
      expect(before).toMatch(/^period +nothing of the run: it began at .*, after 2025-12-01 12:00:00$/m);
    }
  });

  it('come as CSV that no spreadsheet runs, with what is missing on the other output', async () => {
    const { code, out, err } = await analyze('--csv', '--sort', 'name');
    expect(code).toBe(0);
    expect(out).toMatch(/^name,count,rate_per_second,errors,error_share,total_ns,share,average_ns,min_ns,.*\r\n/);
    expect(out).toContain("\r\n'=SUM(A1),2,0.016666666666666666,2,1,3,");
    expect(err).toContain('missing: 96 sampled out, on purpose\n');
    expect(err).toContain('figures: from live counters');
    expect((await analyze('--csv', '--limit', '1')).out.split('\r\n')).toHaveLength(3);
  });

  it('say what was not counted', async () => {
    const older = join(directory, 'older.db');
    const store = await createStoreFixture(older);
    const process = await store.addProcess(await store.addRun());
    await store.addSpan(process);
    await store.addSpan(process);
    await store.addRouteMinute(process, { durationsNanos: [1] });
    await store.close();
    const { out } = await runFerret(['analyze', older]);
    expect(out).toContain('missing  1 not counted, or not yet: --exact scans what is stored\n');
  });

  it('fit a terminal of 40 columns, and one that has ASCII only', async () => {
    const { out } = await runFerret(['analyze', file], { columns: 40, environment: { NO_COLOR: '1', TERM: 'dumb' } });
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(out).not.toMatch(/[^\n -~]/);
    expect((await runFerret(['analyze', file], { environment: { LANG: 'C' } })).out).toMatch(/ [.:\-=+*#@ ]*@\n/);
  });
});

describe('trees', () => {
  it('are of the slowest traces that are asked for', async () => {
    const { out } = await analyze('--tree', '--where', 'outcome=error', '--top', '9');
    expect(out.match(/^trace /gm)).toHaveLength(2);
    expect((await analyze('--tree', '--since', '2026-01-01T00:00:30Z')).out).toContain('late');
    expect((await analyze('--tree', '--where', 'route=/nope')).out).toContain(
      'No trace begins with a span that matches.',
    );
  });
});

describe('wrong usage', () => {
  it.each([
    [['--by', 'rout'], /It must be name, route, .* or attribute: and the key of an attribute/],
    [['--by', 'attribute:'], /It must be name/],
    [['--where', 'route'], /It must be key=value, such as/],
    [['--where', '=x'], /It must be key=value/],
    [['--where', 'outcome=bad'], /An outcome is ok, error, aborted, interrupted\./],
    [['--where', 'kind=bad'], /A kind is internal, server/],
    [['--where', 'status=5xx'], /A status has three digits/],
    [['--since', 'yesterday'], /It must be an ISO time/],
    [['--since', '1h', '--until', '2h'], /--since must be earlier than --until/],
    [['--csv', '--json'], /cannot be used with/],
    [['--tree', '--by', 'route'], /cannot be used with/],
  ])('%j is explained', async (parameters, message) => {
    const { code, out, err } = await analyze(...parameters);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });
});
