import { textOf } from '../file/dictionary-text.js';
import { KINDS, OUTCOMES } from '../file/schema.js';
import type { Bindings } from './bindings.js';

/** Fields of a span that it can be chosen and grouped by, other than attributes. */
export const SPAN_FIELDS = ['name', 'route', 'status', 'outcome', 'method', 'kind', 'error.type'] as const;

/** A field of a span, or an attribute by its key: `attribute:user.id`. */
export type SpanField = (typeof SPAN_FIELDS)[number] | `attribute:${string}`;

/** Spans whose field has exactly this value, written as text: `200`, `true`. */
export interface SpanCondition {
  readonly field: SpanField;
  readonly value: string;
}

/** A column that holds the id of a string or, as text, the string itself. */
const TEXT_COLUMNS = {
  name: 'span.name',
  route: 'span.http_route',
  method: 'span.http_method',
  'error.type': 'span.error_type',
} as const;

const WORDS = {
  outcome: { column: 'span.outcome', words: OUTCOMES },
  kind: { column: 'span.kind', words: KINDS },
} as const;

const PREFIX = 'attribute:';

const STATUS = 'CAST(span.http_status_code AS TEXT)';

/** Attributes that have a column of their own. */
const COLUMN_OF_ATTRIBUTE: ReadonlyMap<string, string> = new Map([
  ['http.request.method', textOf(TEXT_COLUMNS.method)],
  ['http.route', textOf(TEXT_COLUMNS.route)],
  ['http.response.status_code', STATUS],
  ['error.type', textOf(TEXT_COLUMNS['error.type'])],
]);

/** Key that spans are grouped by, which is cheap to sort, and the text that it stands for. */
export interface GroupExpression {
  readonly key: string;
  /** Text of a key that is called `group_key`; NULL where there is no value. */
  readonly label: string;
}

/** Returns the expression that groups spans by a field. */
export function groupBy(bindings: Bindings, field: SpanField): GroupExpression {
  if (isText(field)) {
    // Each text has one key, an integer wherever there is one: two processes may have stored the same text in both
    // ways.
    const column = TEXT_COLUMNS[field];
    return {
      key: `CASE typeof(${column})
        WHEN 'integer' THEN ${column}
        ELSE coalesce((SELECT string.id FROM string WHERE string.text = ${column}), ${column})
      END`,
      label: textOf('group_key'),
    };
  }
  if (isWord(field)) {
    const { column, words } = WORDS[field];
    return {
      key: column,
      label: `CASE group_key ${words.map((word, at) => `WHEN ${at} THEN '${word}'`).join(' ')} END`,
    };
  }
  return { key: fieldText(bindings, field), label: 'group_key' };
}

/** Whether a span meets a condition. */
export function meets(bindings: Bindings, { field, value }: SpanCondition): string {
  if (isText(field)) {
    const text = bindings.add(value);
    // The sign takes the affinity away, by which SQLite would compare a stored text '42' as the id 42.
    return `(${TEXT_COLUMNS[field]} = +(SELECT string.id FROM string WHERE string.text = ${text}) OR ${TEXT_COLUMNS[field]} = ${text})`;
  }
  if (isWord(field)) {
    const { column, words } = WORDS[field];
    return `${column} = ${bindings.add((words as readonly string[]).indexOf(value))}`;
  }
  return `${fieldText(bindings, field)} = ${bindings.add(value)}`;
}

function isText(field: SpanField): field is keyof typeof TEXT_COLUMNS {
  return Object.hasOwn(TEXT_COLUMNS, field);
}

function isWord(field: SpanField): field is keyof typeof WORDS {
  return Object.hasOwn(WORDS, field);
}

/**
 * The status or an attribute; a span's own attributes go before those it shares with others, and these before columns.
 */
function fieldText(bindings: Bindings, field: SpanField): string {
  if (field === 'status') {
    return STATUS;
  }
  if (!field.startsWith(PREFIX)) {
    throw new TypeError(`A field of a span is one of ${SPAN_FIELDS.join(', ')} or ${PREFIX}<key>; got ${field}.`);
  }
  const key = field.slice(PREFIX.length);
  // SQLite reads the quoted label of a path as it reads a string of JSON, so any key can be named.
  const path = bindings.add(`$.${JSON.stringify(key)}`);
  const places = [attributeOf('span.attributes', path), attributeOf(textOf('span.shared'), path)];
  const column = COLUMN_OF_ATTRIBUTE.get(key);
  return `coalesce(${[...places, ...(column === undefined ? [] : [column])].join(', ')})`;
}

/** SQLite has 1 and 0 for `true` and `false`, and an error for the whole statement where one row is no JSON. */
function attributeOf(json: string, path: string): string {
  return `CASE WHEN json_valid(${json}) THEN CASE json_type(${json}, ${path})
    WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(${json} ->> ${path} AS TEXT)
  END END`;
}
