import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS } from '@ferretjs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret, temporaryDirectory } from './ferret.fixture.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const directory = temporaryDirectory();
const file = join(directory, 'ferret.db');
let empty: string;

beforeAll(async () => {
  empty = join(directory, 'no-run.db');
  await (await createStoreFixture(empty)).close();

  const store = await createStoreFixture(file);
  const idle = await store.addRun({
    runId: 'idle',
    service: 'worker',
    startedAtMicros: FIXTURE_START_MICROS - 1_000_000,
  });
  await store.addProcess(idle, { endedAtMicros: null, endReason: null });
  await store.addRun({ runId: 'bare', startedAtMicros: FIXTURE_START_MICROS - 2_000_000 });
  const process = await store.addProcess(await store.addRun({ runId: 'busy' }), {
    pid: 4711,
    started: 10,
    queueFull: 4,
    sampledOut: 3,
    endReason: 'SIGTERM',
  });
  const root = { traceId: TRACE, spanId: '00000000000000a1', name: 'GET /slow', durationNanos: 9_000_000 };
  await store.addSpan(process, { ...root, startMicros: FIXTURE_START_MICROS });
  await store.addSpan(process, { traceId: TRACE, parentId: root.spanId, name: 'load', durationNanos: 8_000_000 });
  await store.addSpan(process, { ...root, spanId: '00000000000000b1', parentId: 'ff'.repeat(8), isLocalRoot: true });
  for (let index = 0; index < 60; index += 1) {
    const outcome = index < 5 ? 'error' : 'ok';
    await store.addSpan(process, { name: `GET /${index}`, durationNanos: 1_000 * (index + 1), outcome });
  }
  await store.addSpan(process, { name: 'gone' });
  await store.database.run("DELETE FROM span WHERE name = (SELECT id FROM string WHERE text = 'gone')");
  await store.close();
});

const ferret = (...parameters: string[]) => runFerret(parameters, { environment: {} });

/** The first cells of the rows of the table. */
function firstCells(out: string): (string | undefined)[] {
  const lines = out.split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith('name')) + 1).map((line) => line.split(/ {2,}/)[0]);
}

describe('ferret analyze', () => {
  it('shows the newest run, what is missing from it, and what its names took', async () => {
    const { code, out, err } = await ferret('analyze', file, '--limit', '2');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^run {6}busy\nservice {2}shop\nwhen {5}\d{4}-\d\d-\d\d .*, 10\.0 s \(ended: SIGTERM\)\n/);
    expect(out).toContain(
      [
        'spans    64 from 1 process',
        'missing  4 dropped: 4 queue full',
        '         3 sampled out, on purpose',
        '         3 never ended: lost with process 4711',
        '         1 stored, and deleted from the file since',
        'sampled  6.40/s of 6.70/s kept in detail; a scan sees only what was kept',
        'figures  exact, from a scan of the stored spans: this run has no counts',
        '',
        'name       count    rate  errors    total  share  average      min      p50      p95      p99      max  distribution',
        'GET /slow      2  0.20/s       0  18.0 ms   65 %  9.00 ms  9.00 ms  9.00 ms  9.00 ms  9.00 ms  9.00 ms   █',
        'load           1  0.10/s       0  8.00 ms   29 %  8.00 ms  8.00 ms  8.00 ms  8.00 ms  8.00 ms  8.00 ms  █',
        'distribution: 4.19 ms to 16.8 ms, each bar up to 2 times as long as the one before',
        '... and 60 more names: --limit 62 shows all\n',
      ].join('\n'),
    );
  });

  it('sorts by any column, the largest first but names by name', async () => {
    expect(firstCells((await ferret('analyze', file, '--sort', 'name')).out).slice(0, 3)).toEqual([
      'GET /0',
      'GET /1',
      'GET /10',
    ]);
    expect(firstCells((await ferret('analyze', file, '--sort', 'count')).out)[0]).toBe('GET /slow');
    const byErrors = firstCells((await ferret('analyze', file, '--sort', 'errors')).out);
    expect(new Set(byErrors.slice(0, 5))).toEqual(new Set(['GET /0', 'GET /1', 'GET /2', 'GET /3', 'GET /4']));
    expect(byErrors).toContain('... and 12 more names: --limit 62 shows all');
  });

  it('says in few words that nothing was lost, or stored', async () => {
    const { out } = await ferret('analyze', file, '--run', 'idle');
    expect(out).toContain('until last seen (running, or crashed)');
    expect(out).toContain(
      'spans    0 from 1 process, nothing lost\nfigures  exact, from a scan of the stored spans: this run has no counts\n\nNo span has been stored.\n',
    );
    expect((await ferret('analyze', file, '--run', 'bare', '--tree')).out).toContain('No span has been stored.');
  });

  it('prints JSON with all names, or as many as asked for', async () => {
    const document = JSON.parse((await ferret('analyze', file, '--json')).out) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual([
      'run',
      'title',
      'ledger',
      'missing',
      'by',
      'source',
      'isCounted',
      'from',
      'to',
      'nameCount',
      'names',
    ]);
    expect(document.names).toHaveLength(62);
    expect((document.names as unknown[])[0]).toEqual({
      name: 'GET /slow',
      count: 2,
      errors: 0,
      totalNanos: 18_000_000,
      averageNanos: 9_000_000,
      minNanos: 9_000_000,
      p50Nanos: 9_000_000,
      p95Nanos: 9_000_000,
      p99Nanos: 9_000_000,
      maxNanos: 9_000_000,
      distribution: [{ fromNanos: 8_388_608, count: 2 }],
      ratePerSecond: 0.2,
      errorShare: 0,
      share: expect.closeTo(0.647, 3),
    });
    expect(document.run).toMatchObject({
      runId: 'busy',
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:00:10.000Z',
      resource: { 'service.name': 'shop' },
      processes: [{ pid: 4711, endReason: 'SIGTERM', ledger: { sampledOut: 3 } }],
    });
    expect(document.ledger).toMatchObject({ started: 74, stored: 64, dropped: { queueFull: 4 }, pending: 3 });
    expect(JSON.parse((await ferret('analyze', file, '--json', '--limit', '3')).out).names).toHaveLength(3);
    expect(JSON.parse((await ferret('analyze', file, '--json', '--run', 'idle')).out).run).toMatchObject({
      endedAt: null,
      processes: [{ endReason: null }],
    });
  });
});

describe('ferret analyze --tree', () => {
  it('shows the slowest trace under the same heading', async () => {
    const { out } = await ferret('analyze', file, '--tree');
    expect(out).toContain('missing  4 dropped: 4 queue full');
    expect(out).toContain(`trace ${TRACE}  3 spans, `);
    expect(out).toMatch(/9\.00 ms {2}1\.00 ms {3}11 % {2}GET \/slow\n\* {3}8\.00 ms {2}8\.00 ms {3}89 % {2}└─ load\n/);
    expect(out).toContain('GET /slow  (called from another service)');
  });

  it('shows as many traces as asked for, though some share their slowest roots', async () => {
    const { out } = await ferret('analyze', file, '--top', '3');
    expect(out.match(/^trace /gm)).toHaveLength(3);
    expect(out).toContain('GET /59');
    expect((await ferret('analyze', file, '--tree', '--top', '9007199254740991')).out.match(/^trace /gm)).toHaveLength(
      61,
    );
  });

  it('says that it has not read the whole of a huge trace, and from how many processes it comes', async () => {
    const huge = join(directory, 'huge.db');
    const store = await createStoreFixture(huge);
    const run = await store.addRun();
    const first = await store.addProcess(run);
    await store.addSpan(first, { traceId: TRACE, spanId: '00000000000000a1', startMicros: 1 });
    await store.addSpan(await store.addProcess(run), { traceId: TRACE, parentId: '00000000000000a1', startMicros: 2 });
    await store.database.run(
      `WITH RECURSIVE row (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM row LIMIT 10000)
      INSERT INTO span (process_id, trace_id, span_id, parent_id, is_local_root, name, kind, start_us, duration_ns, outcome)
      SELECT 1, unhex('${TRACE}'), randomblob(8), unhex('00000000000000a1'), 0, 'n' || id, 0, 3, 1, 0 FROM row`,
    );
    await store.close();
    const { out } = await ferret('analyze', huge, '--tree');
    expect(out).toMatch(/10,000 spans, .*, 2 processes\nonly the first 10,000 spans of this trace/);
    expect(out).toContain('... 9,800 more spans, not shown');
  });
});

describe('ferret runs', () => {
  it('shows a line a run, and what each has lost', async () => {
    const { out } = await ferret('runs', file);
    const lines = out.split('\n');
    expect(lines[0]).toBe('run   service  started                took  processes  spans  state');
    expect(lines[1]).toMatch(/^busy {2}shop {5}.* 10\.0 s {10}1 {5}64 {2}ended$/);
    expect(lines[2]).toMatch(/^idle {2}worker .* running, or crashed$/);
    expect(out).toContain('\nmissing\n  busy: 4 dropped: 4 queue full\n  busy: 3 sampled out, on purpose\n');
  });

  it('says that nothing was lost, or recorded', async () => {
    expect(await ferret('runs', empty)).toMatchObject({ code: 0, out: 'No run has been recorded.\n' });
    const quiet = join(directory, 'quiet.db');
    const store = await createStoreFixture(quiet);
    await store.addProcess(await store.addRun(), { endReason: null });
    await store.close();
    expect((await ferret('runs', quiet)).out).toMatch(/ended\nnothing lost\n$/);
    expect((await ferret('analyze', quiet)).out).toMatch(/, 10\.0 s\n/);
  });

  it('prints JSON', async () => {
    const { runs } = JSON.parse((await ferret('runs', file, '--json')).out) as { runs: unknown[] };
    expect(runs).toMatchObject([{ runId: 'busy', ledger: { stored: 64 } }, { runId: 'idle' }, { runId: 'bare' }]);
  });
});

describe('exit codes', () => {
  it('are 1 for a failure, with one line that says what is wrong', async () => {
    for (const [parameters, message] of [
      [['analyze', join(directory, 'nope.db')], /^ferret: There is no file .*nope\.db.*give the path of its file\.\n$/],
      [['analyze', directory, '--tree'], /^ferret: .* is a directory\./],
      [
        ['analyze', file, '--run', 'x\u001b[1m'],
        /^ferret: .*holds no run "x\\x1b\[1m"\. It holds: busy, idle, bare\.\n$/,
      ],
      [['analyze', empty], /^ferret: .*holds no run yet/],
      [['runs', join(directory, 'nope.db')], /^ferret: There is no file/],
    ] as const) {
      const { code, out, err } = await ferret(...parameters);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(message);
    }
  });

  it('are 2 for wrong usage, with what is accepted', async () => {
    for (const [parameters, message] of [
      [[], /^Usage: ferret/],
      [['bogus'], /^ferret: unknown command 'bogus'/],
      [['analyze', '--bogus'], /^ferret: unknown option '--bogus'/],
      [
        ['analyze', '--sort', 'x; DROP TABLE span'],
        /^ferret: .*Allowed choices are name, count, rate, errors, total, .*max\./,
      ],
      [['analyze', '--limit', '0'], /^ferret: .*'0' is invalid\. It must be a whole number, 1 or more\./],
      [['analyze', '--limit', '1e3'], /^ferret: .*'1e3' is invalid/],
      [['analyze', '--top', '99999999999999999999'], /^ferret: .* is invalid/],
      [['analyze', '--json', '--tree'], /^ferret: option '--tree' cannot be used with option '--json'/],
      [['analyze', '--tree', '--sort', 'max'], /^ferret: .* cannot be used with/],
      [['runs', 'a', 'b'], /^ferret: too many arguments/],
    ] as const) {
      const { code, out, err } = await ferret(...parameters);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(message);
    }
  });

  it('are 0 for help and version', async () => {
    expect(await ferret('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    for (const parameters of [
      ['--help'],
      ['help', 'analyze'],
      ['analyze', '--help'],
      ['runs', '--help'],
      ['crashes', '--help'],
      ['recover', '--help'],
      ['backup', '--help'],
      ['prune', '--help'],
    ]) {
      const { code, out, err } = await ferret(...parameters);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(/^Usage: ferret[\s\S]*\nExamples:\n {2}\$ ferret /);
    }
  });
});
