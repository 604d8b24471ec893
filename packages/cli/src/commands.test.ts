import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS as START } from '@ferretjs/core/testing';
import { SOURCES } from '@ferretjs/queries/words';
import { beforeEach, describe, expect, it } from 'vitest';
import { emptyDirectory, runFerret } from './ferret.fixture.js';

const MILLI = 1_000_000;
const SECOND = 1_000_000;

const directory = emptyDirectory();
const file = join(directory, 'ferret.db');

const ferret = (...parameters: string[]) => runFerret(parameters);

async function writeRuns(target: string, factors: Readonly<Record<string, number>>): Promise<void> {
  const store = await createStoreFixture(target);
  await store.database.exec('BEGIN');
  for (const [index, [runId, factor]] of Object.entries(factors).entries()) {
    const startedAtMicros = START + index * 3_600 * SECOND;
    const run = await store.addRun({ runId, startedAtMicros });
    const process = await store.addProcess(run, { startedAtMicros, sampledOut: 1, started: 1 });
    for (let at = 0; at < 250; at++) {
      await store.addSpan(process, {
        name: 'GET /',
        startMicros: startedAtMicros + at * 40_000,
        durationNanos: Math.round((10 + (at % 10)) * MILLI * factor),
        outcome: factor > 1 && at % 4 === 0 ? 'error' : 'ok',
      });
    }
    for (let at = 0; at < 12; at++)
      await store.addSpan(process, { name: `only ${runId} ${at}`, startMicros: startedAtMicros });
  }
  await store.database.exec('COMMIT');
  await store.close();
}

describe('ferret diff', () => {
  beforeEach(() => writeRuns(file, { 'run-a': 1, 'run-b': 2 }));

  it('finds runs by prefix and word, and times', async () => {
    const { code, out } = await ferret('diff', 'run-a', 'latest', file);
    expect(code).toBe(0);
    expect(out).toContain('worse: p50, p95, errors');
    expect(out).toContain('new: only run-b 0 (1), ');
    expect(out).toContain(' and 2 others');
    expect(out).toContain('sampling prefers slow and failed spans');
    const better = await ferret('diff', 'run-b', 'run-a', file, '--limit', '1');
    expect(better.out).toContain('better: p50, p95, errors');
    const times = await ferret('diff', '2026-01-01T00:00:00Z..2026-01-01T00:30:00Z', '2026-01-01T00:30:00Z..', file);
    expect(times.out).toContain('worse: p50, p95, errors');
    expect((await ferret('diff', '..2026-01-01T00:30:00Z', 'run-b', file)).out).toContain('until ');
    expect((await ferret('diff', 'run', 'latest', file)).err).toContain('2 runs that begin with "run": run-b, run-a');
    expect((await ferret('diff', 'latest', 'previous', file)).err).toBe('');
  });

  it('ends with 1 for what --fail-on names, also in JSON', async () => {
    const { code, out, err } = await ferret('diff', 'previous', 'latest', file, '--json', '--fail-on', 'p95>20%');
    expect([code, err]).toEqual([1, 'ferret: failed p95>20%: GET / from 19.0 ms to 38.0 ms (+100 %)\n']);
    expect(JSON.parse(out)).toMatchObject({
      before: { run: { runId: 'run-a' }, source: 'spans' },
      names: [{ name: 'GET /', countBefore: 250 }],
      failed: [{ rule: 'p95>20%', name: 'GET /', metric: 'p95', verdict: 'worse' }],
    });
    expect((await ferret('diff', 'previous', 'latest', file, '--fail-on', 'p95>300%')).code).toBe(0);
  });

  it('R2: names what --fail-on could not judge, and --fail-on-unjudged fails for it', async () => {
    const rule = ['--fail-on', 'p99>20%'];
    const lenient = await ferret('diff', 'previous', 'latest', file, ...rule);
    expect([lenient.code, lenient.err]).toEqual([
      0,
      'ferret: p99>20% could not be judged for GET / (250 spans; p99 takes 1,000)\n',
    ]);
    const strict = await ferret('diff', 'previous', 'latest', file, ...rule, '--fail-on-unjudged', '--json');
    expect([strict.code, strict.err]).toEqual([1, lenient.err]);
    expect(JSON.parse(strict.out).rules).toEqual([
      {
        rule: 'p99>20%',
        passed: [],
        failed: [],
        unjudged: [{ name: 'GET /', reason: '250 spans; p99 takes 1,000' }],
      },
    ]);
    const judged = await ferret('diff', 'latest', 'previous', file, '--fail-on', 'p95>300%', '--fail-on-unjudged');
    expect([judged.code, judged.err]).toEqual([0, '']);
    const alone = await ferret('diff', 'previous', 'latest', file, '--fail-on-unjudged');
    expect([alone.code, alone.err]).toEqual([1, expect.stringContaining('needs a rule to judge')]);
  });

  it('R2: fails where a side is empty', async () => {
    for (const sides of [
      ['2001-01-01..2002-01-01', 'latest'],
      ['latest', '2001-01-01..2002-01-01'],
    ]) {
      const { code, out, err } = await ferret('diff', ...sides, file, '--fail-on', 'p95>20%');
      expect([code, out, err]).toEqual([1, '', expect.stringContaining('There is no span in 2001-01-01..2002-01-01')]);
    }
  });

  it('R23: says where figures are from as ferret analyze does', async () => {
    const { before, after } = JSON.parse((await ferret('diff', 'previous', 'latest', file, '--json')).out);
    const analyzed = JSON.parse((await ferret('analyze', file, '--json')).out);
    for (const { source } of [before, after, analyzed]) expect(SOURCES).toContain(source);
    for (const path of ['../README.md', '../../queries/README.md']) {
      const documented = await readFile(new URL(path, import.meta.url), 'utf8');
      for (const word of SOURCES) expect(documented, path).toContain(`\`${word}\``);
      expect(documented, path).not.toContain('basis');
    }
  });

  it('R1: judges a short load in a long run, whatever idle time is before and behind it', async () => {
    const verdicts: unknown[] = [];
    for (const [name, idleSeconds] of Object.entries({ 'none.db': [0, 0], 'much.db': [540, 3_600] })) {
      const target = join(directory, name);
      const store = await createStoreFixture(target);
      await store.database.exec('BEGIN');
      for (const [index, factor] of [1, 3].entries()) {
        const startedAtMicros = START + index * 7_200 * SECOND;
        const [before = 0, behind = 0] = idleSeconds.map((seconds) => seconds * SECOND);
        const process = await store.addProcess(await store.addRun({ runId: `run-${index}`, startedAtMicros }), {
          startedAtMicros,
          lastSeenMicros: startedAtMicros + before + 12 * SECOND + behind,
        });
        for (let at = 0; at < 600; at++) {
          await store.addSpan(process, {
            name: at % 2 === 0 ? 'GET /same' : 'GET /slower',
            startMicros: startedAtMicros + before + at * 20_000,
            durationNanos: (10 + ((at * 7) % 10)) * MILLI * (at % 2 === 0 ? 1 : factor),
          });
        }
      }
      await store.database.exec('COMMIT');
      await store.close();
      const { code, out, err } = await ferret('diff', 'previous', 'latest', target, '--json', '--fail-on', 'p95>20%');
      expect([code, err]).toEqual([1, expect.stringContaining('failed p95>20%: GET /slower')]);
      const { names } = JSON.parse(out) as {
        names: { name: string; changes: { metric: string; verdict: string }[] }[];
      };
      verdicts.push(names.map((one) => [one.name, one.changes.map(({ metric, verdict }) => `${metric} ${verdict}`)]));
    }
    expect(verdicts[1]).toEqual(verdicts[0]);
  });

  it('compares two files', async () => {
    const other = join(directory, 'other.db');
    await writeRuns(other, { main: 1 });
    expect((await ferret('diff', 'latest', 'latest', file, '--before-file', other)).out).toContain(
      'worse: p50, p95, errors',
    );
    const missing = await ferret('diff', 'latest', 'latest', file, '--before-file', join(directory, 'none.db'));
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('There is no file') });
  });
});

describe('ferret doctor', () => {
  it('finds nothing in a sound file', async () => {
    await (await createStoreFixture(file)).close();
    const { code, out } = await ferret('doctor', file, '--full');
    expect(code).toBe(0);
    expect(out).toContain('sound (integrity_check)');
    expect(out).toContain('no span stored yet');
    expect(out).toMatch(/: healthy\n$/);
  });

  it('says of every trouble what to do', async () => {
    const store = await createStoreFixture(file);
    const run = await store.addRun();
    const here = { hostname: hostname(), endedAtMicros: null, endReason: null };
    await store.addProcess(run, { ...here, pid: 0x7fff_fffe, pidStart: '1' });
    await store.addProcess(run, { hostname: 'elsewhere', endedAtMicros: null, endReason: null });
    await store.addProcess(run, { endReason: 'crashed' });
    await store.addProcess(run, { ...here, pid: process.pid });
    const losing = await store.addProcess(run, {
      started: 9,
      queueFull: 1,
      writeFailed: 2,
      closed: 3,
      tooLarge: 4,
      sampledOut: 5,
      folded: 6,
    });
    await store.addSpan(losing, { parentId: 'ffffffff000000c2', isLocalRoot: false });
    for (let hour = 1; hour < 300; hour++) await store.addSpan(losing, { startMicros: START + hour * 3_600 * SECOND });
    await store.database.exec('PRAGMA user_version = 5');
    await store.close();
    await writeFile(`${file}.spill-x`, 'something');
    const { code, out } = await ferret('doctor', file, '--json', '--max-size', '10KB');
    expect(code).toBe(1);
    const { isHealthy, findings } = JSON.parse(out) as {
      isHealthy: boolean;
      findings: { level: string; topic: string }[];
    };
    expect(isHealthy).toBe(false);
    const topics = findings.filter(({ level }) => level === 'attention').map(({ topic }) => topic);
    expect(topics).toEqual([
      'retention',
      'orphans',
      'ledger.queueFull',
      'ledger.writeFailed',
      'ledger.closed',
      'ledger.tooLarge',
      'ledger.sum',
      'processes.died',
      'spill',
    ]);
    expect((await ferret('doctor', file)).out).toContain('of an older version');
  });
});

describe('a file beyond its limits that a process writes to', () => {
  const retentionOf = async (...parameters: string[]) => {
    const { out } = await ferret('doctor', file, '--json', ...parameters);
    const { findings } = JSON.parse(out) as { findings: { level: string; topic: string; text: string }[] };
    return findings.find(({ level, topic }) => level === 'attention' && topic === 'retention')?.text;
  };

  it.each([
    ['of an hour', 3_600],
    ['of a minute', 60],
    ['without a span', undefined],
  ])('is found, %s', async (_, seconds) => {
    const store = await createStoreFixture(file);
    const live = { hostname: hostname(), pid: process.pid, endedAtMicros: null, endReason: null };
    const writer = await store.addProcess(await store.addRun(), live);
    for (const at of seconds === undefined ? [] : [0, seconds]) {
      await store.addSpan(writer, { startMicros: START + at * SECOND });
    }
    await store.close();
    expect(await retentionOf('--max-size', '10KB')).toBe('the file is larger than 10.0 KB');
    expect(await retentionOf()).toBeUndefined();
  });

  it('is found by its age', async () => {
    const store = await createStoreFixture(file);
    const live = { hostname: hostname(), pid: process.pid, endedAtMicros: null, endReason: null };
    const writer = await store.addProcess(await store.addRun(), live);
    for (const day of [0, 3]) await store.addSpan(writer, { startMicros: START + day * 86_400 * SECOND });
    await store.close();
    expect(await retentionOf('--max-age', '2d')).toBe('the file goes back more than 2 days');
    expect(await retentionOf('--max-age', '3d')).toBeUndefined();
  });
});

describe('ferret completion', () => {
  it.each(['bash', 'zsh', 'fish'])('knows all commands in %s', async (shell) => {
    const { code, out } = await ferret('completion', shell);
    expect(code).toBe(0);
    for (const word of ['analyze', 'diff', 'tail', 'doctor', 'fail-on', 'speedscope']) expect(out).toContain(word);
  });
});

it('ferret runs shows as many as asked for', async () => {
  await writeRuns(file, { a: 1, b: 1, c: 1 });
  expect((await ferret('runs', file, '--limit', '1')).out).toContain('... and 2 older ones: --limit 3 shows all');
  expect(JSON.parse((await ferret('runs', file, '--limit', '2', '--json')).out)).toMatchObject({
    runs: [{ runId: 'c' }, { runId: 'b' }],
    hasMore: true,
  });
});
