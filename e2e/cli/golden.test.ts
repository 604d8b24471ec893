import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, runFerret } from '../ferret.js';
import { type Ended, endOf } from '../run-process.js';
import { temporaryDirectory } from '../temporary.js';
import { OTHER_TRACE, SLOW_TRACE, writeShop } from './shop-file.js';

let directory: string;

/** The environment that reports depend on: the time zone, and the abilities of the terminal. */
const ENVIRONMENT = { TZ: 'UTC', LANG: 'C.UTF-8', LC_ALL: '', LC_CTYPE: '', TERM: 'xterm' };

beforeAll(async () => {
  directory = temporaryDirectory();
  await writeShop(join(directory, 'ferret.db'));
});

/** Through a pipe. */
function piped(parameters: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return runFerret(parameters, { cwd: directory, env: { ...ENVIRONMENT, ...env } });
}

/** Spells out the characters that a terminal would obey, so that the files can be read. */
function spellOut(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\u001b', '\\e')
    .replace(/[^\P{Cc}\n]|\p{Bidi_Control}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** On a terminal of so many columns. */
async function onTerminal(
  columns: number,
  parameters: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const command = `stty cols ${columns}; "${process.execPath}" "${BIN}" ${parameters.join(' ')}`;
  const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env;
  const { code, out } = await endOf(
    spawn('script', ['-qec', command, '/dev/null'], { cwd: directory, env: { ...inherited, ...ENVIRONMENT, ...env } }),
  );
  expect(code).toBe(0);
  return spellOut(out);
}

describe('through a pipe', () => {
  it.each([
    ['analyze', ['analyze']],
    ['analyze-exact', ['analyze', '--exact', '--sort', 'p95', '--limit', '2']],
    ['analyze-by-status', ['analyze', '--by', 'status', '--where', 'route=/orders']],
    ['analyze-by-attribute', ['analyze', '--by', 'attribute:user.plan']],
    ['analyze-period', ['analyze', '--since', '2026-01-01T00:01:30Z', '--until', '2026-01-01T00:02:30Z']],
    ['analyze-json', ['analyze', '--json']],
    ['analyze-tree', ['analyze', '--tree', '--top', '2', '--where', 'outcome=error']],
    ['trace', ['trace', '4bf92f357']],
    ['analyze-help', ['analyze', '--help']],
    ['trace-help', ['trace', '--help']],
  ])('%s.txt is the whole output', async (name, parameters) => {
    const { code, out, err } = await piped(parameters);
    expect([code, err]).toEqual([0, '']);
    await expect(out).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  it('analyze-csv.txt is data, and analyze-csv-errors.txt what it cannot hold', async () => {
    const { code, out, err } = await piped(['analyze', '--csv', '--exact', '--sort', 'name']);
    expect(code).toBe(0);
    expect(out.split('\r\n').at(-1)).toBe('');
    await expect(spellOut(out)).toMatchFileSnapshot('golden/analyze-csv.txt');
    await expect(err).toMatchFileSnapshot('golden/analyze-csv-errors.txt');
  });

  it('trace-ambiguous.txt names what is meant', async () => {
    const { code, out, err } = await piped(['trace', OTHER_TRACE.slice(0, 8)]);
    expect([code, out]).toEqual([1, '']);
    await expect(err).toMatchFileSnapshot('golden/trace-ambiguous.txt');
  });
});

describe.runIf(process.platform === 'linux')('on a terminal', () => {
  it.each([
    ['analyze-120-columns', 120, ['analyze'], {}],
    ['analyze-80-columns', 80, ['analyze'], {}],
    ['analyze-40-columns', 40, ['analyze'], { NO_COLOR: '1' }],
    ['analyze-ascii', 120, ['analyze'], { TERM: 'dumb' }],
    ['trace-100-columns', 100, ['trace', SLOW_TRACE], {}],
    ['trace-40-columns', 40, ['trace', SLOW_TRACE], { NO_COLOR: '1' }],
    ['trace-ascii', 80, ['trace', SLOW_TRACE], { NO_COLOR: '1', LANG: 'C' }],
    ['tree-60-columns', 60, ['analyze', '--tree'], {}],
  ] as const)('%s.txt is the whole output', async (name, columns, parameters, env) => {
    await expect(await onTerminal(columns, parameters, env)).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});
