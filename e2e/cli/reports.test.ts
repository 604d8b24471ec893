import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { beforeAll, describe, expect, it } from 'vitest';
import { runFerret } from '../ferret.js';
import { temporaryDirectory } from '../temporary.js';
import { runOnTerminal } from './terminal.js';
import { writeTwoRuns } from './two-runs-file.js';

let directory: string;

beforeAll(async () => {
  directory = temporaryDirectory();
  await writeTwoRuns(join(directory, 'ferret.db'));
});

const FAIL_ON = ['--fail-on', 'p95>20%', '--fail-on', 'errors>5%', '--fail-on', 'p99>1s'];
const RANGES = ['2026-01-01T00:00:00Z..2026-01-01T00:30:00Z', '2026-01-01T00:30:00Z..'];

const COMMANDS: readonly (readonly [name: string, code: number, ...parameters: string[]])[] = [
  ['runs', 0, 'runs'],
  ['runs-json', 0, 'runs', '--json', '--limit', '1'],
  ['diff', 0, 'diff', 'before', 'latest'],
  ['diff-fail', 1, 'diff', 'previous', 'latest', ...FAIL_ON],
  ['diff-ranges', 0, 'diff', ...RANGES],
  ['diff-json', 1, 'diff', 'previous', 'latest', '--json', ...FAIL_ON],
  ['doctor', 1, 'doctor'],
  ['doctor-json', 1, 'doctor', '--json'],
];

/** The whole output of a command, and its exit code. */
const whole = ({ code, out, err }: { code: number | null; out: string; err: string }) =>
  `${out}${err === '' ? '' : `--- standard error ---\n${err}`}--- exit code ${code} ---\n`;

describe('whole outputs', () => {
  it.each(COMMANDS.map(([name, code, ...parameters]) => ({ name, code, parameters })))(
    '$name',
    async ({ name, code, parameters }) => {
      const ended = await runFerret(parameters, { cwd: directory, env: { TZ: 'UTC' } });
      expect(ended.code).toBe(code);
      await expect(whole(ended)).toMatchFileSnapshot(`golden/${name}.txt`);
    },
  );
});

describe.runIf(process.platform === 'linux')('whole outputs on a terminal', () => {
  const ON_TERMINALS: readonly (readonly [name: string, columns: number, ...parameters: string[]])[] = [
    ['diff-80', 80, 'diff', 'before', 'latest'],
    ['diff-40', 40, 'diff', 'before', 'latest'],
    ['runs-40', 40, 'runs'],
    ['doctor-40', 40, 'doctor'],
  ];

  it.each(ON_TERMINALS.map(([name, columns, ...parameters]) => ({ name, columns, parameters })))(
    '$name',
    async ({ name, columns, parameters }) => {
      const ended = await runOnTerminal(columns, parameters, directory);
      await expect(ended.out).toMatchFileSnapshot(`golden/${name}.ansi`);
      const table = stripVTControlCharacters(ended.out).split('\n');
      const start = table.findIndex((line) => /^(name|run) /.test(line) && /p95|state|spans/.test(line));
      for (const line of start < 0 ? [] : table.slice(start, start + 3)) {
        expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
      }
    },
  );
});
