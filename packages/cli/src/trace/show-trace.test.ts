import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS } from '@ferretjs/core/testing';
import stringWidth from 'string-width';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret, temporaryDirectory } from '../ferret.fixture.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ROOT = 'a1'.repeat(8);
const MILLISECOND = 1_000_000;

const directory = temporaryDirectory();
const file = join(directory, 'ferret.db');

beforeAll(async () => {
  const store = await createStoreFixture(file);
  const at = (millis: number, length: number) => ({
    traceId: TRACE,
    startMicros: FIXTURE_START_MICROS + millis * 1_000,
    durationNanos: length * MILLISECOND,
  });
  const process = await store.addProcess(await store.addRun(), { started: 1, queueFull: 1 });
  await store.addSpan(process, {
    ...at(0, 100),
    spanId: ROOT,
    name: 'GET /users',
    httpStatusCode: 500,
    outcome: 'error',
  });
  await store.addSpan(process, { ...at(0, 30), parentId: ROOT, name: 'prefetch 日本語\u001b[2J' });
  await store.addSpan(process, { ...at(0, 40), parentId: ROOT, spanId: 'b1'.repeat(8), name: 'load' });
  for (let query = 0; query < 48; query++) {
    await store.addSpan(process, {
      ...at(40 + query, 1),
      parentId: ROOT,
      name: 'SELECT users',
      kind: 'client',
      attributes: { 'db.system.name': 'sqlite', 'db.rows': query },
    });
  }
  await store.addSpan(process, {
    ...at(90, 2),
    parentId: ROOT,
    name: 'SELECT users',
    kind: 'client',
    outcome: 'error',
  });
  await store.addSpan(process, { traceId: `4bf92f35${'0'.repeat(24)}`, name: 'other \u202e' });
  for (let index = 0; index < 12; index++) {
    await store.addSpan(process, { traceId: `5${index.toString(16)}`.padEnd(32, '0') });
  }
  await store.close();
});

describe('ferret trace', () => {
  it('draws a tree and a waterfall, with repeated siblings as one line', async () => {
    const { code, out, err } = await runFerret(['trace', TRACE, file], { columns: 100 });
    expect([code, err]).toEqual([0, '']);
    expect(out.replace(/\d{4}-\d\d-\d\d .*/, '(time)')).toBe(`run      run-1 (shop)
missing  1 dropped: 1 queue full; of this trace or another

trace ${TRACE}  52 spans, (time)
duration     self  share  span                                     0                          100 ms
  100 ms  10.0 ms   10 %  GET /users  500  error                   █████████████████████████████████
 40.0 ms  40.0 ms   40 %  ├─ load                                  ██████████████
 30.0 ms  30.0 ms   30 %  ├─ prefetch 日本語\\x1b[2J                ░░░░░░░░░░
 48.0 ms  48.0 ms   48 %  ├─ x 48 SELECT users  max 1.00 ms  db.…               █████████████████
 2.00 ms  2.00 ms    2 %  └─ SELECT users  error                                                ██
█ critical path: what the end waited for; ░ what ran beside it
`);
  });

  it('takes the beginning of an id for it, in either case', async () => {
    const whole = await runFerret(['trace', TRACE, file]);
    expect(await runFerret(['trace', '4BF92F357', file])).toEqual(whole);
    expect(whole.out).toContain('x 48 SELECT users  max 1.00 ms  db.system.name=sqlite');
  });

  it('names the traces that a beginning may mean', async () => {
    const { code, out, err } = await runFerret(['trace', '4bf92f35', file]);
    expect([code, out]).toEqual([1, '']);
    expect(err.replace(/\d{4}-\d\d-\d\d \S+/g, '(time)')).toBe(
      `4bf92f35${'0'.repeat(24)}  (time)  other \\u202e\n${TRACE}  (time)  GET /users\n` +
        'ferret: 2 trace ids begin with 4bf92f35. Type more digits.\n',
    );
    const many = await runFerret(['trace', '5', file]);
    expect(many.err.split('\n')).toHaveLength(12);
    expect(many.err).toContain('More than 10 trace ids begin with 5; 10 are listed. Type more digits.');
  });

  it('says that there is no such trace, and what an id is', async () => {
    expect((await runFerret(['trace', 'ff', file])).err).toMatch(/holds no trace whose id begins with ff\.\n$/);
    expect((await runFerret(['trace', 'f'.repeat(32), file])).err).toMatch(/holds no trace f{32}\.\n$/);
    expect(await runFerret(['trace', "' OR 1", file])).toMatchObject({
      code: 2,
      err: expect.stringContaining('It must be a trace id of 32 hex digits, or the first of them.'),
    });
  });

  it.each([20, 40, 60, 80, 200])('fits a terminal of %d columns', async (columns) => {
    const { out } = await runFerret(['trace', TRACE, file], { columns });
    const lines = out.split('\n').filter((line) => !line.includes(TRACE) && !line.startsWith('missing'));
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(Math.max(columns, 25));
    expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  });

  it('draws with ASCII where there is nothing else', async () => {
    const { out } = await runFerret(['trace', TRACE, file], { columns: 80, environment: { NO_COLOR: '1', LANG: 'C' } });
    expect(out.replaceAll('日本語', '')).not.toMatch(/[^\n -~]/);
    expect(out).toMatch(/\|- load +#+\n/);
  });

  it('colours errors on a terminal', async () => {
    const { out } = await runFerret(['trace', TRACE, file], { columns: 80, environment: {} });
    expect(out).toContain('\u001b[31merror\u001b[39m');
  });
});
