import { DIALECTS, type SqlSystem } from './dialect.js';
import { MaskedText } from './masked-text.js';
import { hashText } from './parameters.js';
import { QuerySummary } from './summary.js';
import { TextMemo } from './text-memo.js';
import { Kind, Tokenizer } from './tokenizer.js';

/** Characters of a query that are looked at. What follows them is left out of everything but the hash's length. */
export const MAX_SCANNED = 16_384;
/** Characters of a text without its values. */
const MAX_TEXT = 1_000;

/** A query as a span says it, without any of its values. */
export interface QueryDescription {
  /** `db.query.summary`: `SELECT users`, at most 255 characters. Empty if the text has no operation that is known. */
  readonly summary: string;
  /** `db.operation.name`, if the query has one operation. */
  readonly operation: string | undefined;
  /** `db.collection.name`, if the query has one operation and one target. */
  readonly collection: string | undefined;
  /** `db.query.text`: literals are `?`, comments are gone; at most 1,003 characters. */
  readonly text: string;
  /** A keyed hash of the text as it came, literals included. Never to be stored by itself. */
  readonly hash: number;
}

const memos = new Map<SqlSystem, TextMemo<QueryDescription>>();

/**
 * Describes a SQL text: summary, operation, target, and the text without its values. Takes time linear in the first
 * 16,384 characters, remembers texts that repeat, and accepts every text.
 *
 * @param system which SQL it is: a quoted word is a name in one and a value in another
 */
export function describeQuery(query: string, system: SqlSystem): QueryDescription {
  const memo = memos.get(system) ?? new TextMemo<QueryDescription>();
  memos.set(system, memo);
  const known = memo.get(query);
  if (known !== undefined) return known;
  const description = describe(query, system);
  memo.set(query, description);
  return description;
}

function describe(query: string, system: SqlSystem): QueryDescription {
  const isCut = query.length > MAX_SCANNED;
  const tokenizer = new Tokenizer(isCut ? query.slice(0, MAX_SCANNED) : query, DIALECTS[system]);
  const masked = new MaskedText();
  let summary = new QuerySummary();
  /** The text before the first place that may be read in two ways. */
  let sure: string | undefined;
  while (tokenizer.next() !== Kind.End) {
    if (sure === undefined && tokenizer.unsureFrom < tokenizer.end) sure = masked.text;
    if (tokenizer.isUnsure) break;
    masked.add(tokenizer);
    summary.add(tokenizer);
  }
  if (tokenizer.isUnsure) summary = summaryOf(query.slice(0, tokenizer.unsureFrom), system);
  else summary.add(tokenizer);
  const text = tokenizer.isUnsure ? `${sure ?? ''} ?` : masked.text;
  const isShort = text.length <= MAX_TEXT && !isCut && !tokenizer.isUnsure;
  return {
    summary: copy(String(summary)),
    operation: copy(summary.operation),
    collection: copy(summary.target),
    text: copy(isShort ? text : `${text.slice(0, MAX_TEXT)}...`),
    hash: hashText(query),
  };
}

/** The summary of the sure beginning of a text. */
function summaryOf(text: string, system: SqlSystem): QuerySummary {
  const tokenizer = new Tokenizer(text, DIALECTS[system]);
  const summary = new QuerySummary();
  while (tokenizer.next() !== Kind.End) summary.add(tokenizer);
  summary.add(tokenizer);
  return summary;
}

/** A text with memory of its own: a piece of a query would keep the whole query alive. */
function copy<Text extends string | undefined>(text: Text): Text {
  return (text === undefined ? text : ` ${text}`.slice(1)) as Text;
}
