import { link, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { runScript } from '../child.js';
import { runFerret } from '../ferret.js';
import type { Ended } from '../run-process.js';
import { temporaryDirectory, temporaryFile } from '../temporary.js';

/** Texts that a spreadsheet takes for a formula. */
const FORMULAS = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '=HYPERLINK("http://evil","x")',
  "=cmd|' /C calc'!A0",
];

let source: string;
let directory: string;

beforeAll(async () => {
  source = temporaryFile();
  const script = `
    const ferret = createFerret({ ...options, service: '=service' });
    for (const name of ${JSON.stringify(FORMULAS)}) {
      const fail = () => { throw Object.assign(new Error(name), { name }); };
      try { ferret.measure(name, { [name]: name }, fail); } catch {}
    }
    ferret.measure('plain, "quoted"\\r\\nname', () => 1);
    await ferret.close();`;
  expect(await runScript(script, source)).toMatchObject({ code: 0 });
});

beforeEach(() => {
  directory = temporaryDirectory();
});

/** Exports, from inside the directory. */
function exportTo(output: string, ...parameters: string[]): Promise<Ended> {
  return runFerret(['export', source, '-o', output, ...parameters], { cwd: directory });
}

it('47. an export path that leads up, through a link or to a file: nothing is replaced without --force', async () => {
  const inner = join(directory, 'inner');
  await mkdir(inner);
  await writeFile(join(directory, 'precious'), 'precious');
  await symlink('precious', join(directory, 'link'));
  await symlink('nowhere', join(directory, 'dangling'));
  await symlink('..', join(inner, 'up'));
  await link(join(directory, 'precious'), join(directory, 'hard'));
  for (const output of ['precious', 'inner/../precious', 'inner/up/precious', 'link', 'dangling', 'hard', './link']) {
    const ended = await exportTo(output);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toBe(`ferret: ${output} is there already. Give another path, or --force to replace it.\n`);
  }
  expect(await readFile(join(directory, 'precious'), 'utf8')).toBe('precious');
  expect(await readlink(join(directory, 'dangling'))).toBe('nowhere');

  for (const output of ['.', '..', 'inner', 'inner/']) {
    const ended = await exportTo(output, '--force');
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toMatch(/^ferret: .* is a directory\. Give the path of a file\.\n$/);
  }
  expect(await exportTo('none/out', '--force')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no directory'),
  });

  // By force the link goes, and what it led to stays.
  expect(await exportTo('link', '--force')).toMatchObject({ code: 0 });
  expect(await readFile(join(directory, 'precious'), 'utf8')).toBe('precious');
  await expect(readlink(join(directory, 'link'))).rejects.toThrow();
  expect((await readdir(directory)).sort()).toEqual(['dangling', 'hard', 'inner', 'link', 'precious']);
  expect(await readdir(inner)).toEqual(['up']);
});

it('47. the file that is exported: never replaced, by any name', async () => {
  const before = await readFile(source);
  await symlink(source, join(directory, 'link'));
  for (const output of [source, join(directory, 'link')]) {
    expect(await exportTo(output, '--force')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is the file that is being exported'),
    });
  }
  expect((await readFile(source)).equals(before)).toBe(true);
});

it('48. a CSV cell that a spreadsheet would run: prefixed, and quoted by RFC 4180', async () => {
  expect(await exportTo('spans.csv', '--format', 'csv')).toMatchObject({ code: 0 });
  const text = await readFile(join(directory, 'spans.csv'), 'utf8');
  const records = parse<Record<string, string>>(text, { columns: true, record_delimiter: '\r\n' });
  const cells = records.flatMap((record) => Object.values(record));
  expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  const names = records.map((record) => record['name']);
  expect(names.slice(0, FORMULAS.length)).toEqual(FORMULAS.map((formula) => `'${formula}`));
  expect(names[FORMULAS.length]).toBe('plain, "quoted"\r\nname');
  expect(text).toContain('"plain, ""quoted""\r\nname"');
  // Inside a cell the data is as it was.
  const attributes = records.map((record) => JSON.parse(record['attributes'] ?? '') as Record<string, unknown>);
  expect(attributes.slice(0, FORMULAS.length).map((each, index) => each[FORMULAS[index] ?? ''])).toEqual(FORMULAS);
});
