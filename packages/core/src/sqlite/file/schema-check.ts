import type { Database } from './driver.js';
import { CREATE_TABLES } from './schema.js';
import { VIEWS } from './views.js';

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string | null;
}

/** A column or constraint of ours is far shorter. What is longer is cut, and so no longer equal to anything of ours. */
const MAX_SQL_LENGTH = 10_000;
const MAX_OBJECTS = 1_000;

/**
 * Compares the schema of an open file with ours, before the first statement that would run any of it. A file that
 * others could write may hold a view or a generated column in place of a table, a trigger, an expression in an index:
 * code that SQLite would run in this process.
 *
 * Objects of other names are left alone: no statement of ours runs them. A table may lack columns: an older Ferret made
 * it.
 *
 * @param schema the name under which the file is attached.
 * @returns what is not ours, in words; nothing where all is well.
 */
export async function findForeignObject(database: Database, schema: string): Promise<string | undefined> {
  const objects = await database.all<{ type: string; name: string; table: string; sql: string | null }>(
    `SELECT type, substr(name, 1, 100) AS name, substr(tbl_name, 1, 100) AS "table", substr(sql, 1, ${MAX_SQL_LENGTH}) AS sql
     FROM ${schema}.sqlite_schema LIMIT ${MAX_OBJECTS + 1}`,
  );
  if (objects.length > MAX_OBJECTS) return `more than ${MAX_OBJECTS} tables, indexes and views`;
  const foreign = objects.find((object) => !isHarmless(object));
  return foreign && `the ${foreign.type} ${JSON.stringify(foreign.name)}`;
}

function isHarmless({ type, name, table, sql }: SchemaObject): boolean {
  const ours = TABLES.get(name.toLowerCase());
  switch (type) {
    case 'table':
      if (ours !== undefined) return isMadeOf(sql ?? '', ours);
      return !isView(name) && !/^\s*CREATE\s+VIRTUAL/i.test(sql ?? '');
    case 'view':
      return ours === undefined; // Ours are read by other programs only, and made anew by migrations.
    case 'index':
      // Without a text, it is the index of a UNIQUE or PRIMARY KEY in the table's own definition.
      return (
        sql === null || !TABLES.has(table.toLowerCase()) || INDEXES.has(plain(sql)) || PLAIN_INDEX.test(plain(sql))
      );
    default:
      return false;
  }
}

function isView(name: string): boolean {
  return (VIEWS as readonly string[]).includes(name.toLowerCase());
}

/** An index over columns alone, as a user may add one: it evaluates nothing and refuses nothing. */
const PLAIN_INDEX = /^CREATE INDEX \S+ ON \w+ ?\([\w, ]+\)$/i;

/** Whether a table has columns and constraints of ours only. */
function isMadeOf(sql: string, ours: ReadonlySet<string>): boolean {
  const parts = partsOf(sql);
  return parts?.every((part) => ours.has(part)) ?? false;
}

/** `CREATE TABLE name (part, part, ...) STRICT`, by its parts; how the rows are kept is none of them. */
function partsOf(sql: string): string[] | undefined {
  const body = /^CREATE TABLE "?\w+"? ?\((.*)\) ?STRICT(?:, ?WITHOUT ROWID)?$/i.exec(plain(sql))?.[1];
  if (body === undefined) return undefined;
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= body.length; at++) {
    const character = body[at];
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === undefined || (character === ',' && depth === 0)) {
      parts.push(body.slice(start, at).trim());
      start = at + 1;
    }
  }
  return parts;
}

/** SQLite keeps the text of a definition as it was written. */
function plain(sql: string): string {
  return sql.replace(/\s+/g, ' ').trim();
}

const STATEMENTS = CREATE_TABLES.split(';').map(plain);

/** The columns and constraints of our tables, by the name of the table. */
const TABLES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  STATEMENTS.flatMap((sql) => {
    const name = /^CREATE TABLE (\w+)/.exec(sql)?.[1];
    return name === undefined ? [] : [[name, new Set(partsOf(sql))]];
  }),
);

const INDEXES: ReadonlySet<string> = new Set(STATEMENTS.filter((sql) => sql.startsWith('CREATE INDEX')));
