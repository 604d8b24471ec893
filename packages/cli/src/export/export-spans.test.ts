import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS } from '@ferretjs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret, temporaryDirectory } from '../ferret.fixture.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SECOND = 1_000_000;

const directory = temporaryDirectory();
const file = join(directory, 'ferret.db');

beforeAll(async () => {
  const store = await createStoreFixture(file);
  const at = (micros: number) => ({ startMicros: FIXTURE_START_MICROS + micros });
  const old = await store.addProcess(
    await store.addRun({ runId: 'old', startedAtMicros: FIXTURE_START_MICROS - SECOND }),
  );
  await store.addSpan(old, {
    traceId: TRACE,
    name: 'of the old run',
    parentId: 'a1'.repeat(8),
    isLocalRoot: true,
    ...at(2),
  });
  const process = await store.addProcess(await store.addRun({ runId: 'new' }), { started: 2, queueFull: 2 });
  await store.addSpan(process, { traceId: TRACE, name: 'child', parentId: 'a1'.repeat(8), ...at(2) });
  await store.addSpan(process, {
    traceId: TRACE,
    spanId: 'a1'.repeat(8),
    name: 'root',
    durationNanos: 9_000_000,
    ...at(1),
  });
  for (let second = 1; second <= 5; second += 1) {
    await store.addSpan(process, { name: `GET /${second}`, startMicros: FIXTURE_START_MICROS + second * SECOND });
  }
  await store.close();
});

const ferret = (...parameters: string[]) => runFerret(parameters, { environment: {} });

async function namesOf(...parameters: string[]): Promise<string[]> {
  const { code, out } = await ferret('export', file, ...parameters);
  expect(code).toBe(0);
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { name: string }).name);
}

describe('ferret export', () => {
  it('writes the newest run as lines of JSON, and says on the side what is missing', async () => {
    expect(await namesOf()).toEqual(['child', 'root', 'GET /1', 'GET /2', 'GET /3', 'GET /4', 'GET /5']);
    const { err } = await ferret('export', file);
    expect(err).toBe('missing from run new: 2 dropped: 2 queue full\n');
  });

  it('takes another run, a time, so many', async () => {
    expect(await namesOf('--run', 'old')).toEqual(['of the old run']);
    expect(await namesOf('--since', '2026-01-01T00:00:04Z')).toEqual(['GET /4', 'GET /5']);
    expect(await namesOf('--since', '2026-01-01T00:00:02Z', '--until', '2026-01-01T00:00:04Z')).toEqual([
      'GET /2',
      'GET /3',
    ]);
    expect(await namesOf('--limit', '2')).toEqual(['child', 'root']);
    expect(await namesOf('--since', '1s')).toEqual([]);
    expect((await ferret('export', file, '--since', '1s')).err).toMatch(/^ferret: no span to export\.\n/);
  });

  it('takes a trace, from all runs that have a part in it', async () => {
    expect(await namesOf('--trace', TRACE.toUpperCase())).toEqual(['of the old run', 'child', 'root']);
    expect(await namesOf('--trace', TRACE, '--run', 'new')).toEqual(['child', 'root']);
    expect(await namesOf('--trace', TRACE, '--run', 'ne')).toEqual(['child', 'root']);
    const { out } = await ferret('export', file, '--trace', TRACE, '--format', 'speedscope');
    expect((JSON.parse(out) as { profiles: unknown[] }).profiles).toHaveLength(2);
  });

  it('counts traces where the format goes by them, and keeps them whole', async () => {
    const { out } = await ferret('export', file, '--format', 'chrome', '--limit', '1');
    const { traceEvents } = JSON.parse(out) as { traceEvents: { ph: string; name: string }[] };
    expect(traceEvents.filter(({ ph }) => ph === 'X').map(({ name }) => name)).toEqual(['root', 'child']);
  });

  it('writes a file, complete or not at all', async () => {
    const path = join(directory, 'out.csv');
    expect(await ferret('export', file, '-f', 'csv', '-o', path)).toEqual({
      code: 0,
      out: '',
      err: `7 spans written to ${path}\nmissing from run new: 2 dropped: 2 queue full\n`,
    });
    expect((await readFile(path, 'utf8')).split('\r\n')).toHaveLength(9);
    expect(await ferret('export', file, '-o', path)).toMatchObject({
      code: 1,
      err: `ferret: ${path} is there already. Give another path, or --force to replace it.\n`,
    });
    expect(await ferret('export', file, '-o', path, '--force')).toMatchObject({ code: 0 });
    expect(await ferret('export', file, '-o', file, '--force')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is the file that is being exported'),
    });
    expect((await readdir(directory)).sort()).toEqual(['ferret.db', 'out.csv']);
  });

  it('ends with 1 where there is nothing of that name, and writes no file', async () => {
    const path = join(directory, 'none.json');
    for (const [parameters, message] of [
      [['--run', "x' OR 1=1 --"], /holds no run "x' OR 1=1 --"\. It holds: new, old\.\n$/],
      [['--trace', '0'.repeat(31).concat('1')], /^ferret: .*ferret\.db holds no trace 0{31}1\.\n$/],
      [['--trace', TRACE, '--run', 'none'], /holds no run "none"/],
      [['--trace', '1'.repeat(32), '--run', 'old'], /^ferret: Run "old" of .*ferret\.db holds no trace 1{32}\.\n$/],
    ] as const) {
      const { code, out, err } = await ferret('export', file, '-o', path, ...parameters);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(message);
    }
    expect(await readdir(directory)).not.toContain('none.json');
  });

  it('ends with 2 for wrong usage, with what is accepted', async () => {
    for (const [parameters, message] of [
      [['--format', 'xml'], /Allowed choices are speedscope, folded, chrome, otlp, ndjson, csv\./],
      [['--since', 'yesterday'], /'yesterday' is invalid\. It must be an ISO time .* or how long ago, such as 90s/],
      [['--until', '2026-02-30'], /is invalid/],
      [['--since', '1m', '--until', '2m'], /^ferret: --since must be earlier than --until/],
      [['--trace', "' OR 1=1"], /is invalid\. It must be a trace id of 32 hex digits, or the first of them\./],
      [['--limit', '0'], /whole number, 1 or more/],
      [['-o', ''], /is invalid\. It must be the path of a file\./],
      [['--force'], /^ferret: --force replaces the file that --output names/],
    ] as const) {
      const { code, out, err } = await ferret('export', file, ...parameters);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(message);
    }
  });

  it('has help with examples', async () => {
    expect((await ferret('export', '--help')).out).toMatch(
      /^Usage: ferret export[\s\S]*\nExamples:\n {2}\$ ferret export/,
    );
  });
});
