import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createFerret } from '@ferretjs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, message, start, temporaryFile } from '../child.js';
import { request } from '../contract/exchange.js';
import { runFerret } from '../ferret.js';
import { flood } from '../traffic.js';
import { expectSound, expectUndisturbed } from './invariants.js';

const SQL = [
  "'; DROP TABLE run; --",
  "' OR '1'='1",
  '" OR ""="',
  "x' UNION SELECT sql FROM sqlite_master --",
  '%',
  '*',
  '?1',
  '(SELECT 1)',
  'total; DROP TABLE run',
  '1e3',
  '-1',
  '\\',
  "\u02bc'\uff07",
];

describe('the command', () => {
  let file: string;
  let before: string;
  const hash = () => createHash('sha256').update(readFileSync(file)).digest('hex');
  const ferret = (...parameters: string[]) => runFerret(parameters, { cwd: dirname(file) });

  beforeAll(async () => {
    file = temporaryFile();
    for (const runId of ['plain', ...SQL]) {
      const instance = createFerret({ database: file, runId, service: runId });
      instance.start(`work of ${runId}`).end();
      await instance.close();
    }
    before = hash();
  });

  it.each(SQL)('46 a. takes %j for a run of that name, and for nothing else', async (text) => {
    const { code, out, err } = await ferret('analyze', '--json', `--run=${text}`);
    expect([code, err]).toEqual([0, '']);
    const report = JSON.parse(out) as { run: { runId: string }; names: { name: string }[] };
    expect(report.run.runId).toBe(text);
    expect(report.names.map(({ name }) => name)).toEqual([`work of ${text}`]);
    expect(await ferret('analyze', `--run=${text}x`)).toMatchObject({ code: 1, out: '' });
    expect(hash()).toBe(before);
  });

  it('46 b. takes no SQL for a column or a number, and none of it for a file', async () => {
    for (const text of SQL) {
      const options = ['--sort', '--limit', '--top'].map((option) => `${option}=${text}`);
      const ended = await Promise.all(options.map((option) => ferret('analyze', option)));
      for (const each of ended) expect(each, text).toMatchObject({ code: 2, out: '' });
    }
    const { code } = await ferret('analyze', `${basename(file)}' UNION SELECT 1 --`);
    expect(code).toBe(1);
    // SQLite would take these for URIs, and make files of them.
    for (const path of ['file:made.db?mode=rwc', 'file:ferret.db?mode=memory', ':memory:', '']) {
      expect(await ferret('analyze', path), path).toMatchObject({ code: 1, out: '' });
    }
    expect(await readdir(dirname(file))).toEqual([basename(file)]);
    expect(hash()).toBe(before);
    expect(await expectSound(file)).toHaveLength(SQL.length + 1);
  });

  it('46 c. takes filters and groups for values and keys, and for nothing else', async () => {
    for (const text of SQL) {
      const report = async (...parameters: string[]) => {
        const { code, out, err } = await ferret('analyze', '--json', `--run=${text}`, ...parameters);
        expect([code, err], text).toEqual([0, '']);
        return (JSON.parse(out) as { names: { name: string | null; count: number }[] }).names;
      };
      expect(await report(`--where=name=work of ${text}`)).toMatchObject([{ name: `work of ${text}`, count: 1 }]);
      expect(await report(`--where=name=${text}`)).toEqual([]);
      expect(await report(`--where=attribute:${text}=${text}`)).toEqual([]);
      expect(await report(`--by=attribute:${text}`)).toMatchObject([{ name: null, count: 1 }]);
      for (const option of ['--by', '--since', '--until']) {
        expect(await ferret('analyze', `${option}=${text}`), text).toMatchObject({ code: 2, out: '' });
      }
      // 1e3 is hex too: of no trace.
      expect(await ferret('trace', '--', text), text).toMatchObject({ code: text === '1e3' ? 1 : 2, out: '' });
    }
    expect(hash()).toBe(before);
  });
});

describe('what a client or an error can bring to a terminal', () => {
  const ESCAPES = '\u001b[2J\u001b]0;pwned\u0007\u009b31m\u202e\u2066\u200f\r\n\u2028\ufeff';
  /** Options and arguments cannot have it. */
  const NUL = '\0';
  const UNSAFE = /[^\P{Cc}\n]|\p{Bidi_Control}|[\u2028\u2029\ufeff]/u;

  it('49. is printed escaped, and is whole in JSON', async () => {
    const database = temporaryFile();
    const instance = createFerret({ database, service: `shop ${ESCAPES}`, runId: `run ${ESCAPES}` });
    instance.measure(`work ${ESCAPES}${NUL}`, { [`name ${ESCAPES}${NUL}`]: ESCAPES }, (span) =>
      span.recordError(new Error(`failed ${ESCAPES}`)),
    );
    await instance.close();
    // And what comes by the network: C1 as a byte, the others escaped.
    const child = start('fault-service.mjs', { OPTIONS: JSON.stringify({ database, runId: 'network' }) });
    const { port } = await message<{ port: number }>(child);
    const hostile = request('GET', '/users/%1b%5D0;pwned%07?x=%1b[2J%9b', {
      headers: { 'User-Agent': 'agent \x9b31m\x85' },
      last: false,
    });
    await flood(port, 1, () => hostile, { connections: 1 });
    const body = JSON.stringify({ message: `failed ${ESCAPES}` });
    const fields = `Host: a\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
    const failing = `POST /throw HTTP/1.1\r\n${fields}\r\n\r\n${body}`;
    await flood(port, 1, () => failing, { connections: 1 });
    await ask(child, 'close');
    expectUndisturbed(await child.ended);
    const processes = await expectSound(database);
    expect(processes).toHaveLength(2);

    const cwd = dirname(database);
    expect(processes[0]?.run_id).toBe(`run ${ESCAPES}`);
    for (const parameters of [
      ['runs'],
      ...processes.flatMap(({ run_id }) => [
        ['analyze', '--run', run_id],
        ['analyze', '--tree', '--top', '10', '--run', run_id],
      ]),
      ['analyze', '--run', `none ${ESCAPES}`],
      ['analyze', join(cwd, `none ${ESCAPES}`)],
    ]) {
      const { out, err } = await runFerret(parameters, { cwd });
      expect(out + err).not.toBe('');
      expect(out).not.toMatch(UNSAFE);
      expect(err).not.toMatch(UNSAFE);
    }
    const { out } = await runFerret(['analyze', '--json', '--run', processes[0]?.run_id ?? ''], { cwd });
    const { names } = JSON.parse(out) as { names: { name: string }[] };
    expect(names[0]?.name).toBe(`work ${ESCAPES}\ufffd`);
    const { out: listed } = await runFerret(['runs', '--json'], { cwd });
    expect(JSON.parse(listed).runs).toHaveLength(2);
  });
});
