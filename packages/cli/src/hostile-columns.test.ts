import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStoreFixture, FIXTURE_START_MICROS, openDatabase } from '@ferretjs/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runFerret } from './ferret.fixture.js';

const TRACE = 'ab'.repeat(16);
const ROOT = 'cd'.repeat(8);

/** A terminal that obeys the text changes its title, and the direction it is read in. */
const JUNK = {
  text: "char(27) || ']0;PWNED' || char(7) || char(155, 8238)",
  blob: "x'1b5d303b50574e454407'",
  real: '9e99',
  'a number beyond all': '9223372036854775807',
  'a number below all': '-9223372036854775808',
  nothing: 'NULL',
};

const LINKS_AND_EVENTS = [
  ['trace', TRACE],
  ['export', '--run', 'all'],
  ['export', '--run', 'all', '--format', 'otlp'],
  ['export', '--run', 'all', '--format', 'csv'],
  ['export', '--run', 'all', '--format', 'chrome'],
];

/** The commands that print the content of a table. */
const COMMANDS: Record<string, readonly (readonly string[])[]> = {
  run: [
    ['analyze'],
    ['analyze', '--run', 'all', '--json'],
    ['trace', TRACE],
    ['runs'],
    ['crashes'],
    ['export', '--run', 'all', '--format', 'otlp'],
    ['diff', 'run-5', 'run-6'],
  ],
  process: [
    ['analyze', '--slowest', '--run', 'all'],
    ['trace', TRACE],
    ['runs'],
    ['runs', '--json'],
    ['crashes'],
    ['crashes', '--json'],
    ['doctor'],
    ['export', '--format', 'chrome', '--trace', TRACE],
  ],
  span: [
    ['analyze', '--exact', '--run', 'all'],
    ['analyze', '--by', 'attribute:plan', '--where', 'outcome=error', '--run', 'all'],
    ['analyze', '--slowest', '--run', 'all', '--json'],
    ['analyze', '--self', '--run', 'all'],
    ['trace', TRACE],
    ['export', '--run', 'all'],
    ['export', '--run', 'all', '--format', 'otlp'],
    ['export', '--run', 'all', '--format', 'folded'],
    ['doctor'],
  ],
  string: [['analyze'], ['analyze', '--tree'], ['export', '--run', 'all']],
  open_span: [['crashes'], ['crashes', '--json'], ['doctor']],
  lease: [['doctor'], ['doctor', '--json']],
  route_minute: [
    ['analyze', '--run', 'all'],
    ['analyze', '--run', 'all', '--json'],
    ['diff', 'run-5', 'run-6'],
  ],
  generation: [['doctor']],
  link: LINKS_AND_EVENTS,
  event: LINKS_AND_EVENTS,
};

/** Columns that a row is known by, where it has no row id. */
const KEYS: Readonly<Record<string, string>> = { link: 'span_row', event: 'span_row' };

/**
 * Each column is read by every third of these commands, and each command reads every third column: all by all takes
 * long.
 */
const EVERY = process.env['FERRET_SOAK'] ? 1 : 3;

/** Row ids are numbers, whatever a file says; a row with another key than its span's is nobody's. */
const ROW_IDS = new Set([
  ...['span.id', 'run.id', 'process.id', 'string.id'],
  ...['link.span_row', 'link.position', 'event.span_row', 'event.position'],
]);

let directory: string;
let template: string;
let columns: string[];

/** Words of the schema, and comments of the same length that take their place while junk is written. */
const CONSTRAINTS = [
  [') STRICT,', ') /*ST**/'],
  [') STRICT', ') /*ST*/'],
  ['NOT NULL', '/*NULL*/'],
] as const;

/** SQLite looks at constraints when it writes. A file that says it has them may hold anything all the same. */
function setConstraints(file: string, areThere: boolean): void {
  let bytes = readFileSync(file, 'latin1');
  for (const [word, comment] of CONSTRAINTS) {
    bytes = areThere ? bytes.replaceAll(comment, word) : bytes.replaceAll(word, comment);
  }
  writeFileSync(file, bytes, 'latin1');
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ferret-columns-'));
  template = join(directory, 'template.db');
  const store = await createStoreFixture(template);
  for (const runId of ['run-1', 'run-2', 'run-3', 'run-4', 'run-5', 'run-6']) {
    const process = await store.addProcess(await store.addRun({ runId }), { endedAtMicros: null, endReason: null });
    await store.addSpan(process, { traceId: TRACE, spanId: ROOT, httpStatusCode: 500, attributes: { plan: 'pro' } });
    await store.addSpan(process, {
      traceId: TRACE,
      parentId: ROOT,
      name: 'load',
      shared: { 'url.scheme': 'http' },
      links: [{ traceId: TRACE, spanId: ROOT, tracestate: 'a=b', flags: 1, attributes: { n: 1 } }],
      events: [{ name: 'retry', timeMicros: FIXTURE_START_MICROS, attributes: { n: 1 } }],
    });
    await store.addSpan(process, { traceId: TRACE, parentId: ROOT, name: 'render', outcome: 'interrupted' });
    await store.addRouteMinute(process, { durationsNanos: [1_000_000], minuteMicros: FIXTURE_START_MICROS });
    await store.addOpenSpan(process, {});
  }
  await store.database.exec("INSERT INTO lease VALUES ('retention', '{\"pid\":1}', 1)");
  columns = (
    await store.database.all<{ name: string }>(
      `SELECT tables.name || '.' || columns.name AS name
      FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
      WHERE tables.schema = 'main' AND tables.type = 'table' AND tables.name NOT LIKE 'sqlite%'`,
    )
  )
    .map(({ name }) => name)
    .filter((name) => !ROW_IDS.has(name));
  await store.close();
});

afterAll(() => rmSync(directory, { recursive: true }));

it('R19: a column of any table that holds what it should not', { timeout: 120_000 }, async () => {
  const junk = Object.values(JUNK);
  const file = join(directory, 'planted.db');
  const problems: string[] = [];
  for (const [at, column] of columns.entries()) {
    copyFileSync(template, file);
    setConstraints(file, false);
    const database = await openDatabase(file, 'write');
    const [table = '', name] = column.split('.');
    const key = KEYS[table] ?? 'rowid';
    for (const [row, value] of junk.entries()) {
      await database.exec(
        `PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
        UPDATE ${table} SET ${name} = ${value} WHERE ${key} = (SELECT ${key} FROM ${table} ORDER BY ${key} LIMIT 1 OFFSET ${row})`,
      );
    }
    await database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    await database.close();
    setConstraints(file, true);
    const commands = COMMANDS[table] ?? [];
    for (const parameters of commands.filter((_, index) => (index + at) % EVERY === 0)) {
      const { code, out, err } = await runFerret([...parameters, file]);
      const said = err.split('\n').filter((line) => line.startsWith('ferret: '));
      const isWrong =
        ![0, 1].includes(code) ||
        (code === 1 && parameters[0] !== 'doctor' && said.length !== 1) ||
        /TypeError|RangeError|is not a function|Cannot read|undefined|Invalid|BigInt|JSON/.test(err) ||
        /[^\P{Cc}\n]|\p{Bidi_Control}/u.test(`${out}${err}`.replaceAll('\r\n', '\n'));
      if (isWrong)
        problems.push(
          `${column}, ${parameters.join(' ')}: ${code} ${JSON.stringify(err.slice(0, 300) || out.slice(0, 300))}`,
        );
    }
  }
  expect(problems).toEqual([]);
});
