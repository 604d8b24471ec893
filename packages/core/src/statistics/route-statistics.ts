import type { Outcome } from '../trace/span.js';
import { encodeBuckets, Histogram } from './histogram.js';

/** A row of `ferret_routes_v1`: the durations of the spans with one name and outcome in one minute. */
export interface RouteMinute {
  /** Start of the minute, in microseconds since the epoch. */
  readonly minuteMicros: number;
  readonly name: string;
  readonly outcome: Outcome;
  readonly count: number;
  readonly sumNanos: number;
  readonly minNanos: number;
  readonly maxNanos: number;
  /** JSON pairs of bucket and count; see histogram.ts. */
  readonly buckets: string;
}

/** Maximum number of names that are counted separately in one process. Further names share {@link OTHER_NAMES}. */
const MAX_NAMES = 2_000;

/** The name of the row for all names beyond the bound. */
export const OTHER_NAMES = '(other names)';

/**
 * Maximum number of minutes in memory: the present one, the one before, and those that the store has not confirmed. If
 * the store fails for longer, further spans are counted in the last of these minutes; then only their minute is wrong.
 */
const MAX_MINUTES = 8;
const MINUTES_KEPT = 2;
const MINUTE_MICROS = 60_000_000;

/** The counts of one name and outcome in one minute. */
interface Row {
  readonly minute: Minute;
  readonly name: string;
  readonly outcome: Outcome;
  readonly histogram: Histogram;
  /** Whether the row has changed since it was last drained. */
  isChanged: boolean;
}

type Rows = { [outcome in Outcome]: Row | undefined };

interface Minute {
  /** The minute as it is written to the file. */
  readonly micros: number;
  readonly rowsOf: Map<Name, Rows>;
  /** Number of rows whose present state is not confirmed by the store. */
  unwritten: number;
}

/** A name, and its rows in the minute in which it was last recorded. */
interface Name {
  readonly text: string;
  minute: Minute | undefined;
  rows: Rows | undefined;
}

/**
 * Exact counts and latencies for each span name, outcome and minute, independent of the sampler. A span counts in the
 * minute in which it ended.
 *
 * The store gets whole rows and replaces the previous ones, so that a write may be repeated; a row is drained again
 * until it is confirmed. A minute that has left the memory must therefore never be written again. If the clock steps
 * back into such a minute, further spans are counted in a separate row, whose time is some microseconds after the start
 * of the minute.
 */
export class RouteStatistics {
  readonly #maxNames: number;
  readonly #names = new Map<string, Name>();
  readonly #otherNames: Name = { text: OTHER_NAMES, minute: undefined, rows: undefined };
  /** Minutes by their start, in the order in which they were opened. */
  readonly #minutes = new Map<number, Minute>();
  #minute: Minute | undefined;
  #minuteFrom = 0;
  #minuteUntil = 0;
  #latestClosed = Number.NEGATIVE_INFINITY;
  #reopened = 0;
  #changed: Row[] = [];
  #drained: readonly Row[] = [];

  constructor(maxNames = MAX_NAMES) {
    this.#maxNames = maxNames;
    this.#names.set(OTHER_NAMES, this.#otherNames);
  }

  /** Whether there are rows to drain. */
  get hasChanges(): boolean {
    return this.#changed.length + this.#drained.length > 0;
  }

  /** Number of minutes and rows in memory. */
  get size(): { readonly minutes: number; readonly rows: number } {
    let rows = 0;
    for (const minute of this.#minutes.values()) {
      for (const row of minute.rowsOf.values()) rows += Object.values(row).filter(Boolean).length;
    }
    return { minutes: this.#minutes.size, rows };
  }

  /**
   * Counts one span.
   *
   * @param endMicros when the span ended, in microseconds since the epoch
   */
  record(text: string, outcome: Outcome, durationNanos: number, endMicros: number): void {
    const minute =
      this.#minute !== undefined && endMicros >= this.#minuteFrom && endMicros < this.#minuteUntil
        ? this.#minute
        : this.#enter(endMicros);
    const name = this.#names.get(text) ?? this.#meet(text);
    const rows = name.minute === minute && name.rows !== undefined ? name.rows : rowsIn(minute, name);
    let row = rows[outcome];
    if (row === undefined) {
      row = { minute, name: name.text, outcome, histogram: new Histogram(), isChanged: false };
      rows[outcome] = row;
    }
    row.histogram.record(durationNanos);
    if (!row.isChanged) this.#change(row);
  }

  /**
   * Returns rows that have changed since they were last confirmed, in their present state: at most `limit`, the
   * earliest changes first. They include rows that were drained before and not confirmed.
   */
  drain(limit = Number.POSITIVE_INFINITY): RouteMinute[] {
    const unconfirmed = this.#drained;
    this.#drained = [];
    // Rows that are not in `#changed` come before those that are. They were counted as unwritten when they first
    // changed.
    const again = unconfirmed.filter((row) => !row.isChanged);
    for (const row of unconfirmed) {
      if (row.isChanged) row.minute.unwritten--;
      row.isChanged = true;
    }
    const waiting = again.length === 0 ? this.#changed : [...again, ...this.#changed];
    this.#drained = waiting.slice(0, limit);
    this.#changed = waiting.slice(this.#drained.length);
    for (const row of this.#drained) row.isChanged = false;
    return this.#drained.map(toRouteMinute);
  }

  /** Returns the rows that `drain()` would return, without draining them. */
  peek(): RouteMinute[] {
    return [...new Set([...this.#drained, ...this.#changed])].map(toRouteMinute);
  }

  /** Confirms that the store has the rows of the last `drain()`. */
  confirm(): void {
    for (const row of this.#drained) row.minute.unwritten--;
    this.#drained = [];
    this.#forgetMinutes();
  }

  #change(row: Row): void {
    row.isChanged = true;
    row.minute.unwritten++;
    this.#changed.push(row);
  }

  #meet(text: string): Name {
    if (this.#names.size > this.#maxNames) return this.#otherNames;
    const name: Name = { text, minute: undefined, rows: undefined };
    this.#names.set(text, name);
    return name;
  }

  /** Makes the minute of a time the present one, and opens it if necessary. */
  #enter(endMicros: number): Minute {
    const from = Math.floor(endMicros / MINUTE_MICROS) * MINUTE_MICROS;
    let minute = this.#minutes.get(from);
    if (minute === undefined) {
      this.#forgetMinutes();
      if (this.#minute !== undefined && this.#minutes.size >= MAX_MINUTES) return this.#minute;
      minute = { micros: this.#nameOf(from), rowsOf: new Map(), unwritten: 0 };
      this.#minutes.set(from, minute);
    }
    this.#minute = minute;
    this.#minuteFrom = from;
    this.#minuteUntil = from + MINUTE_MICROS;
    return minute;
  }

  /**
   * Returns the time of a minute in the file. A minute that may have been written and forgotten gets a time that no row
   * has.
   */
  #nameOf(from: number): number {
    return from > this.#latestClosed ? from : from + ++this.#reopened;
  }

  #forgetMinutes(): void {
    for (const [from, minute] of this.#minutes) {
      if (this.#minutes.size <= MINUTES_KEPT) return;
      if (minute === this.#minute || minute.unwritten > 0) continue;
      this.#minutes.delete(from);
      this.#latestClosed = Math.max(this.#latestClosed, from);
      for (const name of minute.rowsOf.keys()) {
        if (name.minute !== minute) continue;
        name.minute = undefined;
        name.rows = undefined;
      }
    }
  }
}

function rowsIn(minute: Minute, name: Name): Rows {
  let rows = minute.rowsOf.get(name);
  if (rows === undefined) {
    rows = { ok: undefined, error: undefined, aborted: undefined, interrupted: undefined };
    minute.rowsOf.set(name, rows);
  }
  name.minute = minute;
  name.rows = rows;
  return rows;
}

function toRouteMinute({ minute, name, outcome, histogram }: Row): RouteMinute {
  const { count, sumNanos, minNanos, maxNanos } = histogram;
  const buckets = encodeBuckets(histogram.buckets());
  return { minuteMicros: minute.micros, name, outcome, count, sumNanos, minNanos, maxNanos, buckets };
}
