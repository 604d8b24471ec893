import type { Outcome } from '../trace/span.js';
import { encodeBuckets, Histogram } from './histogram.js';

/** One row of `ferret_routes_v1`: what the spans of one name and outcome took in one minute. */
export interface RouteMinute {
  /** When the minute began, microseconds since the epoch. */
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

/** Names counted apart in one process. Those that come later share {@link OTHER_NAMES}. */
const MAX_NAMES = 2_000;

/** The row of all names beyond the bound; it says that it is one. */
export const OTHER_NAMES = '(other names)';

/**
 * Minutes in memory: the present one, the one before, and those that the store has not taken yet. When it has not for that
 * long, what follows is counted in the last minute there is: right in all but its time.
 */
const MAX_MINUTES = 8;
const MINUTES_KEPT = 2;
const MINUTE_MICROS = 60_000_000;

/** What is counted of one name and outcome in one minute. */
interface Row {
  readonly minute: Minute;
  readonly name: string;
  readonly outcome: Outcome;
  readonly histogram: Histogram;
  /** Changed since it was last drained. */
  isChanged: boolean;
}

type Rows = { [outcome in Outcome]: Row | undefined };

interface Minute {
  /** What the file calls it. */
  readonly micros: number;
  readonly rowsOf: Map<Name, Rows>;
  /** Rows that are not known to be in the store as they are. */
  unwritten: number;
}

/** A name, and its rows in the minute it was last seen in. */
interface Name {
  readonly text: string;
  minute: Minute | undefined;
  rows: Rows | undefined;
}

/**
 * Exact counts and latencies for each span name, outcome and minute, whatever the sampler keeps. A span counts in the minute it
 * ended in.
 *
 * The store gets whole rows and replaces what it had, so that a write may be repeated: rows are drained until they are
 * confirmed. That is why a minute that has left the memory is never written again. Where the clock steps back into one, what is
 * counted from then on goes to a row of its own, some microseconds after the minute's beginning.
 */
export class RouteStatistics {
  readonly #maxNames: number;
  readonly #names = new Map<string, Name>();
  readonly #otherNames: Name = { text: OTHER_NAMES, minute: undefined, rows: undefined };
  /** By the beginning of the minute, in order of opening. */
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

  /** Whether there is something to drain. */
  get hasChanges(): boolean {
    return this.#changed.length + this.#drained.length > 0;
  }

  /** Minutes and rows in memory. */
  get size(): { readonly minutes: number; readonly rows: number } {
    let rows = 0;
    for (const minute of this.#minutes.values()) {
      for (const row of minute.rowsOf.values()) rows += Object.values(row).filter(Boolean).length;
    }
    return { minutes: this.#minutes.size, rows };
  }

  /** @param endMicros when the span ended, microseconds since the epoch */
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
   * The rows that changed since they were last confirmed, as they are now; at most `limit` of them, those that changed
   * first. Rows drained before and not confirmed are among them.
   */
  drain(limit = Number.POSITIVE_INFINITY): RouteMinute[] {
    const unconfirmed = this.#drained;
    this.#drained = [];
    // Those not in `changed` by now, before those that are. They were counted as unwritten when they changed first.
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

  /** What the last `drain()` returned is in the store. */
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

  /** The minute of a time, opened where there is none. */
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

  /** One that may have been written and forgotten gets a name that no row has. */
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
