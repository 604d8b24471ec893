import { Kind, type Tokenizer } from './tokenizer.js';

/** As OpenTelemetry's conventions have it. */
const MAX_LENGTH = 255;
/** Deeper ones are not looked at. */
const MAX_DEPTH = 64;

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Statements that change data, and may stand within others. */
const CHANGES = words('INSERT UPDATE DELETE MERGE REPLACE');
/** Commands whose name is followed by what they are about. */
const NAMED = words('UPDATE TRUNCATE MERGE CALL EXEC EXECUTE USE COPY');
const DEFINITIONS = words('CREATE ALTER DROP');
const DEFINED = words(
  'TABLE VIEW INDEX SEQUENCE DATABASE SCHEMA FUNCTION PROCEDURE TRIGGER TYPE EXTENSION DOMAIN EVENT POLICY RULE',
);
/** Things whose names say who somebody is. */
const PERSONS = words('USER ROLE LOGIN GROUP SERVER SUBSCRIPTION');
/** Commands with a `FROM` that names tables. */
const READERS = words('SELECT DELETE UPDATE');
/** Words between a command and the name that it is about. */
const FILLERS = words('ONLY LATERAL TABLE TABLES IF NOT EXISTS IGNORE LOW_PRIORITY QUICK CONCURRENTLY INTO');
/** Words that end a list of tables. */
const ENDS = words(
  'WHERE SET GROUP ORDER HAVING LIMIT RETURNING UNION INTERSECT EXCEPT WINDOW FETCH OFFSET FOR VALUES WHEN ON USING AS DEFAULT ' +
    'OUTFILE DUMPFILE STDIN STDOUT TO FROM SELECT WITH',
);

/** State between two parentheses, or outside of all. */
class Level {
  /** The command, in upper case. */
  command = '';
  isFresh = true;
  /** A comma is followed by a further table. */
  hasTables = false;
  /** The next name is what the command is about. */
  expects = false;
  /** A parenthesis after the name has columns or arguments, and does not make it a function. */
  isCertain = false;
  /** Names of `WITH name AS (...)` come. */
  expectsAlias = false;
  isWith = false;
  /** `WITH name AS (INSERT ...)`. */
  readonly isAfterAs: boolean;

  constructor(isAfterAs: boolean) {
    this.isAfterAs = isAfterAs;
  }
}

/**
 * The operations of a query and what they are about, in the order of the text: `INSERT shipping_details SELECT orders`.
 * After "Generating a summary of the query" in OpenTelemetry's semantic conventions 1.45. It is no parser: what it does
 * not know, it leaves out.
 */
export class QuerySummary {
  readonly #parts: string[] = [];
  #operations = 0;
  #targets = 0;
  #target = '';
  #length = 0;
  #isFull = false;
  #level = new Level(false);
  readonly #levels: Level[] = [];
  #skippedLevels = 0;
  #previousWord = '';
  #previousIsClosing = false;
  /** Names of `WITH name AS (...)`, which are no tables. */
  readonly #aliases = new Set<string>();
  /** The name that is being read: `schema.table`; -1 if there is none. */
  #nameStart = -1;
  #nameEnd = 0;
  #afterDot = false;

  /** `SELECT users`; empty if the text has no operation. */
  toString(): string {
    return this.#parts.join(' ');
  }

  /** The operation, if there is only one. */
  get operation(): string | undefined {
    return this.#operations === 1 ? this.#parts[0] : undefined;
  }

  /** The one thing that the query is about; `undefined` for several. */
  get target(): string | undefined {
    return this.#targets === 1 && this.#operations === 1 ? this.#target : undefined;
  }

  add(token: Tokenizer): void {
    if (this.#isFull) return;
    if (this.#nameStart !== -1 && this.#continueName(token)) return;
    if (token.kind === Kind.Word) this.#word(token);
    else if (token.kind === Kind.QuotedName) this.#name(token);
    else if (token.kind === Kind.Symbol) this.#symbol(token);
    else if (token.kind !== Kind.End) this.#level.expects = false;
    this.#previousIsClosing = token.is(')');
    if (token.kind === Kind.Word) this.#previousWord = token.word();
    else if (token.kind !== Kind.Symbol || !token.is('(')) this.#previousWord = '';
  }

  #word(token: Tokenizer): void {
    const level = this.#level;
    const word = token.word();
    if (level.expectsAlias) {
      if (word === 'RECURSIVE') return;
      level.expectsAlias = false;
      this.#aliases.add(nameOf(token));
      return;
    }
    if (this.#command(token, word)) return;
    level.isFresh = false;
    if (DEFINITIONS.has(level.command)) {
      if (!level.hasTables && this.#definition(token, word)) return;
    } else if (level.command === 'START' && word === 'TRANSACTION') {
      this.#extend(token);
    } else if (word === 'FROM') {
      if (READERS.has(level.command) && this.#previousWord !== 'DISTINCT') this.#expect(true, false);
      return;
    } else if (word === 'JOIN' || word === 'STRAIGHT_JOIN') {
      level.expects = true;
      level.isCertain = false;
      return;
    } else if (word === 'INTO' && level.command !== '') {
      this.#expect(false, true);
      return;
    } else if (word === 'USING' && (level.command === 'DELETE' || level.command === 'MERGE')) {
      this.#expect(true, false);
      return;
    } else if (word === 'TABLE' && level.command === 'LOCK') {
      this.#expect(true, true);
      return;
    }
    if (ENDS.has(word)) {
      level.expects = false;
      if (word !== 'ON' && word !== 'USING' && word !== 'AS' && word !== 'FOR') level.hasTables = false;
    } else if (level.expects && !FILLERS.has(word)) this.#name(token);
  }

  /** Whether the word begins a command. */
  #command(token: Tokenizer, word: string): boolean {
    const level = this.#level;
    const isOutermost = this.#levels.length === 0;
    if (word === 'SELECT') {
      this.#begin(token, word);
      return true;
    }
    if (word === 'WITH' && (level.isFresh || level.command === 'EXPLAIN')) {
      level.isWith = true;
      level.expectsAlias = true;
      level.isFresh = false;
      return true;
    }
    if (CHANGES.has(word)) {
      const isMain = level.isWith && level.command === '' && this.#previousIsClosing;
      const isWithin = level.isFresh && level.isAfterAs;
      if (!isMain && !isWithin && !(isOutermost && (level.isFresh || level.command === 'EXPLAIN'))) return false;
    } else if (!isOutermost || !level.isFresh) return false;
    this.#begin(token, word);
    if (NAMED.has(word)) this.#expect(word === 'UPDATE' || word === 'TRUNCATE', word !== 'UPDATE');
    return true;
  }

  #begin(token: Tokenizer, word: string): void {
    const level = this.#level;
    this.#push(token.text.slice(token.start, token.end));
    this.#operations++;
    level.command = word;
    level.isFresh = false;
    level.expects = false;
    level.hasTables = false;
  }

  /** `CREATE [OR REPLACE ...] TABLE [IF NOT EXISTS] name`. Returns whether the word is the kind of thing. */
  #definition(token: Tokenizer, word: string): boolean {
    const level = this.#level;
    if (level.expects) return false;
    if (PERSONS.has(word)) {
      this.#extend(token);
      level.hasTables = true;
      return true;
    }
    if (!DEFINED.has(word)) return false;
    this.#extend(token);
    this.#expect(false, true);
    // The kind of thing is told once: `ALTER TABLE a ADD INDEX b`.
    level.hasTables = true;
    return true;
  }

  #symbol(token: Tokenizer): void {
    const level = this.#level;
    if (token.is('(')) {
      if (this.#levels.length >= MAX_DEPTH) {
        this.#skippedLevels++;
        return;
      }
      const inner = new Level(this.#previousWord === 'AS' || this.#previousWord === 'MATERIALIZED');
      // `FROM (a JOIN b)`
      inner.expects = inner.hasTables = level.expects && !level.isCertain;
      level.expects = false;
      level.isFresh = false;
      this.#levels.push(level);
      this.#level = inner;
    } else if (token.is(')')) {
      if (this.#skippedLevels > 0) this.#skippedLevels--;
      else this.#level = this.#levels.pop() ?? level;
    } else if (token.is(',')) {
      if (level.isWith && level.command === '') level.expectsAlias = true;
      else if (level.hasTables && !DEFINITIONS.has(level.command)) level.expects = true;
    } else if (token.is(';')) {
      this.#levels.length = 0;
      this.#skippedLevels = 0;
      this.#level = new Level(false);
    } else if (!token.is('{')) level.expects = false;
  }

  #name(token: Tokenizer): void {
    const level = this.#level;
    if (level.expectsAlias) {
      level.expectsAlias = false;
      this.#aliases.add(nameOf(token));
      return;
    }
    level.isFresh = false;
    if (!level.expects) return;
    this.#nameStart = token.start;
    this.#nameEnd = token.end;
    this.#afterDot = false;
  }

  /** Whether the token belongs to the name; otherwise the name has ended. */
  #continueName(token: Tokenizer): boolean {
    if (token.is('.')) {
      this.#afterDot = true;
      return true;
    }
    if (this.#afterDot && (token.kind === Kind.Word || token.kind === Kind.QuotedName)) {
      this.#afterDot = false;
      this.#nameEnd = token.end;
      return true;
    }
    const level = this.#level;
    const name = token.text.slice(this.#nameStart, this.#nameEnd);
    this.#nameStart = -1;
    level.expects = false;
    if (token.is('(') && !level.isCertain) return false; // A function: `FROM generate_series(1, 10)`.
    if (this.#aliases.has(plain(name))) return false;
    this.#push(name);
    this.#targets++;
    this.#target = name;
    return false;
  }

  #expect(hasTables: boolean, isCertain: boolean): void {
    const level = this.#level;
    level.expects = true;
    level.hasTables = hasTables;
    level.isCertain = isCertain;
  }

  #push(part: string): void {
    const length = this.#length + part.length + (this.#parts.length === 0 ? 0 : 1);
    if (length > MAX_LENGTH) {
      this.#isFull = true;
      return;
    }
    this.#length = length;
    this.#parts.push(part);
  }

  /** Makes a word part of the last operation: `CREATE TABLE`. */
  #extend(token: Tokenizer): void {
    const word = token.text.slice(token.start, token.end);
    const last = this.#parts.pop();
    if (last === undefined) return;
    this.#parts.push(`${last} ${word}`);
    this.#length += word.length + 1;
  }
}

function nameOf(token: Tokenizer): string {
  return plain(token.text.slice(token.start, token.end));
}

function plain(name: string): string {
  return name.replace(/^["`[]|["`\]]$/g, '').toLowerCase();
}
