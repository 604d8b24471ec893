import { CREATE_TABLES } from '../file/schema.js';

/** Declared content of a column. A required one holds something in every row. */
interface Declaration {
  readonly type: 'number' | 'text';
  readonly isRequired: boolean;
}

/** Results that bear no column's name. */
const COMPUTED_NUMBERS = ['end_us', 'ended_us', 'errors', 'totalNanos', 'averageNanos', 'minNanos', 'maxNanos'];
const PERCENTILES = ['p50Nanos', 'p95Nanos', 'p99Nanos'];

/** Read as they are: a row id is a number in any file, and a name may be the id of a string or the text itself. */
const RAW = new Set(['id', 'name']);

const DECLARATIONS: ReadonlyMap<string, Declaration> = new Map([
  ...[...CREATE_TABLES.matchAll(/^ {2}(\w+) (INTEGER|REAL|TEXT)\b(.*)/gm)]
    .map(([, name = '', type, more = '']): [string, Declaration] => [
      name,
      { type: type === 'TEXT' ? 'text' : 'number', isRequired: /NOT NULL/.test(more) },
    ])
    .filter(([name]) => !RAW.has(name))
    // `run_id` is a number where a process refers to a run, which no result tells.
    .sort(([, one], [, other]) => (one.type < other.type ? -1 : Number(one.type > other.type))),
  ...[...COMPUTED_NUMBERS, ...PERCENTILES].map((name): [string, Declaration] => [
    name,
    { type: 'number', isRequired: false },
  ]),
]);

/**
 * Makes sure that rows hold what our schema declares, by the names of their columns. SQLite looks at the types of a
 * STRICT table when it writes: a file that somebody else made may say STRICT and hold a text in `pid`, which a report
 * would print as it is. A number that is none becomes 0, or `null` where a row may lack it; one beyond what is exact
 * becomes the nearest that is.
 */
export function soundRows<Row extends object>(rows: Row[]): Row[] {
  const [first] = rows as Record<string, unknown>[];
  if (first === undefined) return rows;
  const declared = Object.keys(first).flatMap((name) => {
    const declaration = DECLARATIONS.get(name);
    return declaration === undefined ? [] : [{ name, ...declaration }];
  });
  for (const row of rows as Record<string, unknown>[]) {
    if (row.name instanceof Uint8Array) row.name = hexOf(row.name);
    for (const { name, type, isRequired } of declared) {
      const value = row[name];
      if (value === null && !isRequired) continue;
      if (type === 'number') {
        // An exact number, as nearly all are, stays what it is.
        if (!Number.isSafeInteger(value)) row[name] = toNumber(value, isRequired);
      } else if (typeof value !== 'string') {
        row[name] = value === null ? '' : value instanceof Uint8Array ? hexOf(value) : String(value);
      }
    }
  }
  return rows;
}

function toNumber(value: unknown, isRequired: boolean): number | null {
  if (typeof value !== 'number' || Number.isNaN(value)) return isRequired ? 0 : null;
  return Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
