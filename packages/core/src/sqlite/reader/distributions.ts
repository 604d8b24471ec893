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

/** How the durations of every name are distributed. */
export interface Distributions {
  /**
   * `counts`: what the processes counted, minute by minute, whatever was sampled; a minute counts as a whole, by its beginning.
   * `spans`: the spans in the file.
   */
  readonly basis: 'counts' | 'spans';
  readonly names: readonly NameDistribution[];
  /** Spans of further names, where there are more than 2,000. */
  readonly leftOut: number;
}

/** What is read of a histogram. */
export type ReadHistogram = Readonly<
  Pick<Histogram, 'count' | 'sumNanos' | 'minNanos' | 'maxNanos' | 'buckets' | 'percentile'>
>;

export interface NameDistribution {
  readonly name: string;
  readonly histogram: ReadHistogram;
  /** Spans with the outcome `error`. */
  readonly errors: number;
  /** The same in equal parts of the time, those in which the name occurred: how steady it is. */
  readonly parts: readonly DistributionPart[];
}

export interface DistributionPart {
  readonly histogram: ReadHistogram;
  readonly errors: number;
}

/** Enough to tell a steady name from one that comes and goes; a histogram each. */
const PARTS = 10;

/** As many as a process counts by name. */
const MAX_NAMES = 2_000;

/** What took fewer minutes is read from the spans: whole minutes would be too coarse for it, and too few to tell how steady it is. */
const LEAST_MINUTES = 10;

const PAGE_SIZE = 10_000;
const ROUTE_PAGE_SIZE = 1_000;

interface ProcessRow {
  id: number;
  first_span_id: number | null;
  last_span_id: number | null;
  started: number;
  sampled_out: number;
  started_at_us: number;
  ended_us: number;
  counts: number;
}

/** `counts` says whether the process wrote down what it counted. */
const SELECT_PROCESSES = `
SELECT
  process.id, process.first_span_id, process.last_span_id, process.started, process.sampled_out, process.started_at_us,
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
  // Kept spans are not like all: where some were sampled out, whole minutes are the better evil.
  const isSampled = processes.some((row) => row.sampled_out > 0);
  const isLong = last - first >= LEAST_MINUTES * MINUTE_MICROS;
  const read = async (basis: Distributions['basis']): Promise<Distributions> => {
    const tallies = new Tallies(first, last);
    await (basis === 'counts' ? readCounts : readSpans)(connection, processes, tallies, sinceMicros, untilMicros);
    return { basis, names: tallies.names(), leftOut: tallies.leftOut };
  };
  const found = await read(areCounted && (isLong || isSampled) ? 'counts' : 'spans');
  // Retention deletes spans before it deletes what was counted.
  return areCounted && found.names.length === 0 ? read('counts') : found;
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
      const name = typeof row.name === 'number' ? texts.get(row.name) : row.name;
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
  readonly #parts = new Map<string, (Part | undefined)[]>();
  readonly #firstMicros: number;
  readonly #partMicros: number;

  constructor(firstMicros: number, lastMicros: number) {
    this.#firstMicros = firstMicros;
    this.#partMicros = Math.max((lastMicros - firstMicros) / PARTS, 1);
  }

  /** Where a duration of this name counts that started at this time; nowhere where there are too many names. */
  part(name: string, micros: number, count: number): Part | undefined {
    let parts = this.#parts.get(name);
    if (parts === undefined) {
      if (this.#parts.size === MAX_NAMES) {
        this.leftOut += count;
        return undefined;
      }
      parts = [];
      this.#parts.set(name, parts);
    }
    const index = Math.min(Math.max(Math.floor((micros - this.#firstMicros) / this.#partMicros), 0), PARTS - 1);
    let part = parts[index];
    if (part === undefined) {
      part = { histogram: new Histogram(), errors: 0 };
      parts[index] = part;
    }
    return part;
  }

  names(): NameDistribution[] {
    return [...this.#parts].map(([name, sparse]) => {
      const parts = sparse.filter((part) => part !== undefined);
      const histogram = new Histogram();
      let errors = 0;
      for (const part of parts) {
        const { count, sumNanos, minNanos, maxNanos } = part.histogram;
        histogram.merge(count, sumNanos, minNanos, maxNanos, part.histogram.buckets());
        errors += part.errors;
      }
      return { name, histogram, errors, parts };
    });
  }
}
