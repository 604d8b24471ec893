import type { SpanRecord } from '../trace/span.js';

/**
 * Characters after which a batch ends. To encode a million of them blocks the event loop for some milliseconds.
 */
export const MAX_BATCH_CHARACTERS = 1_000_000;

/** A span that knows how many characters its attributes hold. */
export type SizedRecord = SpanRecord & { readonly size: number };

/** A batch on its way: in memory until it is stored, spilled or lost. */
export interface Batch {
  readonly id: number;
  readonly spans: readonly SizedRecord[];
  /** It goes to the spill, and from there to the store. */
  readonly isDeferred: boolean;
  /** The figure of the ledger that its spans were added to when the pipeline was abandoned. */
  givenUpAs?: 'spilled' | 'writeFailed';
}

/** Characters of a span, as near as is needed to bound memory and the time that encoding takes. */
export function charactersOf({ size, name }: SizedRecord): number {
  return size + name.length;
}

/** Splits spans into batches that are within the limits of number and characters. */
export function* inBatches(spans: readonly SizedRecord[], batchSize: number): Iterable<readonly SizedRecord[]> {
  let batch: SizedRecord[] = [];
  let characters = 0;
  for (const span of spans) {
    batch.push(span);
    characters += charactersOf(span);
    if (batch.length < batchSize && characters < MAX_BATCH_CHARACTERS) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}
