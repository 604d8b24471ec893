import { decodeBuckets, Histogram } from '../../statistics/histogram.js';
import type { Connection } from './connection.js';
import { ERROR, MINUTE_MICROS, readRouteRows } from './counted-statistics.js';

/** Which durations are read: of one run or of all, within a time. */
export interface DistributionOptions {
  /** Default: all runs. */
  readonly runId?: string;
  /** Microseconds since the epoch: what started then or later. */
  readonly sinceMicros?: number;
  /** Microseconds since the epoch: what started before. */
  readonly untilMicros?: number;
}

/** Distributions of the durations of every name. */
export interface Distributions {
  /**
   * `routes`: what the processes counted, minute by minute, whatever was sampled (`ferret_routes_v1`); a minute counts
   * as a whole, by its beginning. `spans`: the spans in the file. `ferret analyze --json` uses the same words.
   */
  readonly source: 'routes' | 'spans';
  readonly names: readonly NameDistribution[];
  /** Spans of further names, where there are more than 2,000. */
  readonly leftOut: number;
}

/** The part of a histogram that readers see. */
export type ReadHistogram = Readonly<
  Pick<Histogram, 'count' | 'sumNanos' | 'minNanos' | 'maxNanos' | 'buckets' | 'percentile'>
>;

export interface NameDistribution {
  readonly name: string;
  readonly histogram: ReadHistogram;
  /** Spans with the outcome `error`. */
  readonly errors: number;
  /**
   * The same in parts of equal length, in order of time: how steady the name is. They are the shortest of which no more
   * than 20 have a span of the name, so idle time before, between and behind its spans makes no difference.
   */
  readonly parts: readonly DistributionPart[];
}

export interface DistributionPart {
  readonly histogram: ReadHistogram;
  readonly errors: number;
}

/** Enough to tell a steady name from one that comes and goes; each part has a histogram. */
const MOST_PARTS = 20;

/** The shortest part: spans that are closer tell of one moment. Of counted minutes it is a minute. */
const LEAST_PART_MICROS = 100_000;

/** As many as a process counts by name. */
const MAX_NAMES = 2_000;

/**
 * A shorter time is read from the spans: whole minutes would be too coarse, and too few to tell how steady a name is.
 */
const LEAST_MINUTES = 10;

/** For fewer spans of a name, reading all spans of a long time is not worth while. */
const LEAST_BUSY = 200;

const PAGE_SIZE = 10_000;
const ROUTE_PAGE_SIZE = 1_000;

interface ProcessRow {
  id: number;
  first_span_id: number | null;
  last_span_id: number | null;
  started: number;
  not_kept: number;
  started_at_us: number;
  ended_us: number;
  counts: number;
}

/** `counts` says whether the process wrote down what it counted. */
const SELECT_PROCESSES = `
SELECT
  process.id, process.first_span_id, process.last_span_id, process.started, process.started_at_us,
  process.sampled_out + process.folded AS not_kept,
  coalesce(process.ended_at_us, process.last_seen_us) AS ended_us,
  EXISTS (SELECT 1 FROM route_minute WHERE route_minute.process_id = process.id) AS counts
FROM process JOIN run ON run.id = process.run_id
WHERE (?1 IS NULL OR run.run_id = ?1) AND process.started_at_us < ?3
  AND coalesce(process.ended_at_us, process.last_seen_us) >= ?2
ORDER BY process.id`;

const SELECT_SPANS = `
SELECT id, name, start_us, duration_ns, outcome FROM span
WHERE id BETWEEN ?1 AND ?2 AND process_id IN (SELECT value FROM json_each(?3)) AND start_us >= ?4 AND start_us < ?5
ORDER BY id LIMIT ?6`;

const SELECT_STRINGS = 'SELECT id, text FROM string WHERE id IN (SELECT value FROM json_each(?1))';

/** Distributions of every name. Memory holds some histograms a name, whatever the number of spans. */
export async function readDistributions(
  connection: Connection,
  { runId, sinceMicros = 0, untilMicros = Number.MAX_SAFE_INTEGER }: DistributionOptions,
): Promise<Distributions> {
  const processes = await connection.all<ProcessRow>(SELECT_PROCESSES, [runId ?? null, sinceMicros, untilMicros]);
  const from = processes.reduce((least, row) => Math.min(least, row.started_at_us), Number.MAX_SAFE_INTEGER);
  const to = processes.reduce((most, row) => Math.max(most, row.ended_us), 0);
  const [first, last] = [Math.max(from, sinceMicros), Math.min(to + 1, untilMicros)];
  const areCounted =
    processes.some((row) => row.counts === 1) && processes.every((row) => row.counts === 1 || row.started === 0);
  // Kept spans are not like all: where some were sampled out or folded, whole minutes are the better evil.
  const isSampled = processes.some((row) => row.not_kept > 0);
  const isLong = last - first >= LEAST_MINUTES * MINUTE_MICROS;
  const read = async (source: Distributions['source']): Promise<Distributions> => {
    const isCounted = source === 'routes';
    const tallies = new Tallies(isCounted ? MINUTE_MICROS : LEAST_PART_MICROS);
    await (isCounted ? readCounts : readSpans)(connection, processes, tallies, sinceMicros, untilMicros);
    return { source, names: tallies.names(), leftOut: tallies.leftOut };
  };
  const counted = areCounted && (isLong || isSampled) ? await read('routes') : undefined;
  if (counted !== undefined && (isSampled || !counted.names.some(isBrief))) return counted;
  const found = await read('spans');
  // Retention deletes spans before it deletes what was counted.
  return areCounted && found.names.length === 0 ? (counted ?? read('routes')) : found;
}

/**
 * Whether a name was busy for so short a time that whole minutes tell little of how steady it is: a load of two minutes
 * in an hour.
 */
function isBrief({ histogram, parts }: NameDistribution): boolean {
  return histogram.count >= LEAST_BUSY && parts.length < LEAST_MINUTES;
}

async function readCounts(
  connection: Connection,
  processes: readonly ProcessRow[],
  tallies: Tallies,
  sinceMicros: number,
  untilMicros: number,
): Promise<void> {
  const ids = processes.map(({ id }) => id);
  for await (const row of readRouteRows(connection, ids, { sinceMicros, untilMicros }, ROUTE_PAGE_SIZE)) {
    // A minute belongs to one of two ranges that meet in it, as a span does.
    if (row.minute_us < sinceMicros) continue;
    const part = tallies.part(row.name, row.minute_us, row.count);
    if (part === undefined) continue;
    part.histogram.merge(row.count, row.sum_ns, row.min_ns, row.max_ns, decodeBuckets(row.buckets));
    if (row.outcome === ERROR) part.errors += row.count;
  }
}

interface SpanRow {
  id: number;
  name: number | string;
  start_us: number;
  duration_ns: number;
  outcome: number;
}

async function readSpans(
  connection: Connection,
  processes: readonly ProcessRow[],
  tallies: Tallies,
  sinceMicros: number,
  untilMicros: number,
): Promise<void> {
  const stored = processes.filter((row) => row.first_span_id !== null);
  const ids = JSON.stringify(stored.map(({ id }) => id));
  const lastId = stored.reduce((most, row) => Math.max(most, row.last_span_id ?? 0), 0);
  let nextId = stored.reduce((least, row) => Math.min(least, row.first_span_id ?? least), Number.MAX_SAFE_INTEGER);
  const texts = new Map<number, string>();
  while (nextId <= lastId) {
    const page = await connection.all<SpanRow>(SELECT_SPANS, [
      nextId,
      lastId,
      ids,
      sinceMicros,
      untilMicros,
      PAGE_SIZE,
    ]);
    await learnNames(connection, page, texts);
    for (const row of page) {
      const name = typeof row.name === 'number' ? texts.get(row.name) : String(row.name);
      // The span has been deleted since its page was read, and its name with it.
      if (name === undefined) continue;
      const part = tallies.part(name, row.start_us, 1);
      part?.histogram.record(row.duration_ns);
      if (part !== undefined && row.outcome === ERROR) part.errors += 1;
    }
    if (page.length < PAGE_SIZE) return;
    nextId = (page.at(-1)?.id ?? lastId) + 1;
  }
}

/** The texts of names that are stored as ids. */
async function learnNames(connection: Connection, page: readonly SpanRow[], texts: Map<number, string>): Promise<void> {
  const unknown = new Set<number>();
  for (const { name } of page) {
    if (typeof name === 'number' && !texts.has(name)) unknown.add(name);
  }
  if (unknown.size === 0) return;
  const rows = await connection.all<{ id: number; text: string }>(SELECT_STRINGS, [JSON.stringify([...unknown])]);
  for (const { id, text } of rows) texts.set(id, text);
}

interface Part {
  readonly histogram: Histogram;
  errors: number;
}

/** Histograms by name and part of the time. */
class Tallies {
  leftOut = 0;
  readonly #names = new Map<string, Timeline>();
  readonly #leastPartMicros: number;

  constructor(leastPartMicros: number) {
    this.#leastPartMicros = leastPartMicros;
  }

  /** Where a duration of this name counts that started at this time; nowhere where there are too many names. */
  part(name: string, micros: number, count: number): Part | undefined {
    let timeline = this.#names.get(name);
    if (timeline === undefined) {
      if (this.#names.size === MAX_NAMES) {
        this.leftOut += count;
        return undefined;
      }
      timeline = new Timeline(this.#leastPartMicros);
      this.#names.set(name, timeline);
    }
    return timeline.part(micros);
  }

  names(): NameDistribution[] {
    return [...this.#names].map(([name, timeline]) => {
      const parts = timeline.parts();
      const { histogram, errors } = parts.reduce(merge, { histogram: new Histogram(), errors: 0 });
      return { name, histogram, errors, parts };
    });
  }
}

/**
 * The parts of one name. They double in length whenever there would be too many, so that spans are read once, in any
 * order, and nothing has to be known of the time that they cover.
 */
class Timeline {
  #partMicros: number;
  #parts = new Map<number, Part>();

  constructor(leastPartMicros: number) {
    this.#partMicros = leastPartMicros;
  }

  part(micros: number): Part {
    let index = Math.floor(micros / this.#partMicros);
    let part = this.#parts.get(index);
    while (part === undefined && this.#parts.size === MOST_PARTS) {
      this.#double();
      index = Math.floor(micros / this.#partMicros);
      part = this.#parts.get(index);
    }
    if (part === undefined) {
      part = { histogram: new Histogram(), errors: 0 };
      this.#parts.set(index, part);
    }
    return part;
  }

  parts(): Part[] {
    return [...this.#parts].sort(([one], [other]) => one - other).map(([, part]) => part);
  }

  #double(): void {
    this.#partMicros *= 2;
    const longer = new Map<number, Part>();
    for (const [index, part] of this.#parts) {
      const other = longer.get(Math.floor(index / 2));
      if (other === undefined) longer.set(Math.floor(index / 2), part);
      else merge(other, part);
    }
    this.#parts = longer;
  }
}

/** Adds the second to the first. */
function merge(all: Part, { histogram, errors }: Part): Part {
  const { count, sumNanos, minNanos, maxNanos } = histogram;
  all.histogram.merge(count, sumNanos, minNanos, maxNanos, histogram.buckets());
  all.errors += errors;
  return all;
}
