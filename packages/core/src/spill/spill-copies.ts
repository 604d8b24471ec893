import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { SpanBatch } from '../sink/sink.js';
import type { PossibleEnd, SpillCopies } from '../sink/spill.js';
import { nowMicros } from '../trace/clock.js';
import { COPIES, NEXT_COPIES, spillFileOf } from './spill-file.js';
import { encodeBatch, encodeEnd, encodeStatistics } from './spill-record.js';

/**
 * The copies of one process, in a file of their own, because the spill file holds batches that are in memory no more,
 * and must not be replaced.
 */
export class SpillCopyFile implements SpillCopies {
  readonly #file: string;
  readonly #next: string;
  readonly #process: ProcessIdentity;
  readonly #room: () => number;
  #exists = false;

  /** @param room says how many bytes the copies may take */
  constructor(database: string, process: ProcessIdentity, room: () => number) {
    this.#file = spillFileOf(database, process.processKey, COPIES);
    this.#next = spillFileOf(database, process.processKey, NEXT_COPIES);
    this.#process = process;
    this.#room = room;
  }

  save(batches: readonly SpanBatch[], end?: PossibleEnd): void {
    try {
      const lines = this.#encode(batches, end);
      if (lines.length === 0) this.discard();
      else this.#replace(Buffer.concat(lines));
    } catch {
      // Nothing is lost yet: all spans are in memory, and on their way to the store. The copies made before stay.
    }
  }

  discard(): void {
    if (!this.#exists) return;
    this.#exists = false;
    remove(this.#file);
  }

  /** Leaves a whole file in place at every moment: the process may be killed between any two of these lines. */
  #replace(content: Buffer): void {
    if (this.#exists) {
      create(this.#next, content);
      moveTo(this.#file, this.#next);
    } else {
      mkdirSync(dirname(this.#file), { recursive: true });
      create(this.#file, content);
      this.#exists = true;
    }
  }

  #encode(batches: readonly SpanBatch[], end: PossibleEnd | undefined): Buffer[] {
    const process = this.#process;
    const lines: Buffer[] = [];
    let room = this.#room();
    for (const batch of batches) {
      const line = encodeBatch(process, batch);
      room -= line.length;
      if (room < 0) break;
      lines.push(line);
    }
    // A process that has stored and copied nothing has no row in the file: its end is of no interest.
    if (end === undefined || lines.length + end.ledger.stored + end.ledger.spilled === 0) return lines;
    const { reason, ledger, routeMinutes } = end;
    const statistics = encodeStatistics({ process, routeMinutes });
    if (routeMinutes.length > 0 && room >= statistics.length) lines.push(statistics);
    lines.push(encodeEnd({ process, end: reason, endedAtMicros: nowMicros(), ledger }));
    return lines;
  }
}

/** Creates a private file, never through a link. Removes it where it cannot be written whole. */
function create(file: string, content: Buffer): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    if (writeSync(descriptor, content) < content.length) throw new Error('the disk is full');
  } catch (error) {
    remove(file);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function moveTo(file: string, next: string): void {
  try {
    renameSync(next, file);
  } catch (error) {
    remove(next);
    throw error;
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The process that takes the file in finds all of it in the store.
  }
}
