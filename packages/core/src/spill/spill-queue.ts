import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Report } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import { HEARTBEAT_MILLIS } from '../process/process-liveness.js';
import type { EndReason } from '../sink/end-reason.js';
import type { Ledger } from '../sink/ledger.js';
import type { SpanBatch } from '../sink/sink.js';
import type { Spill, SpillCopies } from '../sink/spill.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import { nowMicros } from '../trace/clock.js';
import { unrecorded } from '../trace/context.js';
import { SpillCopyFile } from './spill-copies.js';
import { bytesOfOthers, bytesOfOthersSync, spillFileOf } from './spill-file.js';
import { decode, encodeBatch, encodeEnd, encodeStatistics, MAX_RECORD_BYTES } from './spill-record.js';

/** The place of a batch in the file. */
interface Entry {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
  readonly spans: number;
}

/** Creates the file, never through a link; each write appends, so that two at once do not mix. */
const CREATE = 'ax+';
const MODE = 0o600;

/** The spill of one process. Its file exists only while there are batches in it. */
export class SpillQueue implements Spill {
  readonly #database: string;
  #file: string;
  readonly copies: SpillCopies;
  readonly #process: ProcessIdentity;
  readonly #maxBytes: number;
  readonly #report: Report;
  #handle: FileHandle | undefined;
  /** Descriptor of the file, where it was opened at the process's end. */
  #descriptor: number | undefined;
  #entries: Entry[] = [];
  /** Id of the last batch that was stored from here. */
  #storedUpTo = 0;
  #size = 0;
  /** Bytes that the file may have: `maxBytes` less the files of other processes at the time when it was begun. */
  #limit = 0;
  /** Set once the limit was read synchronously, at the process's end: there may be many files to look at. */
  #isLimitKnown = false;
  /** Number of appends under way: the file is not removed meanwhile. */
  #appends = 0;
  /** Resolves when an empty file has been removed; the next file is created then. */
  #removal: Promise<void> = Promise.resolve();
  /** Touches the file while there is one: processes that cannot see this one take the change for a sign of life. */
  #heartbeat: NodeJS.Timeout | undefined;
  #isShut = false;
  #hasEnded = false;

  constructor(database: string, process: ProcessIdentity, maxBytes: number, report: Report) {
    this.#database = database;
    this.#file = spillFileOf(database, process.processKey);
    this.#process = process;
    this.#maxBytes = maxBytes;
    this.#report = report;
    const room = () => maxBytes - this.#size - bytesOfOthersSync(database, process.processKey);
    this.copies = new SpillCopyFile(database, process, room);
  }

  get length(): number {
    return this.#entries.length;
  }

  async append(batch: SpanBatch): Promise<boolean> {
    this.#appends++;
    try {
      const line = encodeBatch(this.#process, batch);
      if (this.#handle === undefined) {
        this.#limit = this.#maxBytes - (await bytesOfOthers(this.#database, this.#process.processKey));
      }
      if (this.#isShut || !this.#hasRoomFor(line)) return false;
      this.#handle ??= await this.#create();
      if (this.#isShut) return false; // `appendSync` has taken or refused the batch meanwhile.
      const { bytesWritten } = await this.#handle.write(line);
      if (bytesWritten < line.length) throw new Error('the disk is full');
      this.#entries.push({ id: batch.id, offset: this.#size, length: line.length, spans: batch.spans.length });
      this.#size += line.length;
      return true;
    } catch (error) {
      this.#failed(error);
      await this.#cutOff();
      return false;
    } finally {
      this.#appends--;
      await this.#removeIfEmpty();
    }
  }

  appendSync(batch: SpanBatch): boolean {
    try {
      const line = encodeBatch(this.#process, batch);
      if (!this.#hasRoomForSync(line) || !this.#writeSync(line)) return false;
      this.#size += line.length;
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async first(): Promise<SpanBatch | { readonly lostSpans: number }> {
    const entry = this.#entries[0]!;
    try {
      const line = Buffer.allocUnsafe(entry.length);
      await this.#handle?.read(line, 0, entry.length, entry.offset);
      const record = decode(line.subarray(0, -1));
      if (typeof record === 'object' && 'batch' in record) return record.batch;
      this.#report('SPILL_DAMAGED', `${this.#file} has been damaged; ${entry.spans} spans of it are lost.`);
    } catch (error) {
      this.#report('SPILL_FAILED', `${this.#file} cannot be read: ${messageOf(error)}`, error);
    }
    return { lostSpans: entry.spans };
  }

  async shift(): Promise<void> {
    this.#storedUpTo = this.#entries.shift()?.id ?? this.#storedUpTo;
    await this.#removeIfEmpty();
  }

  shut(): void {
    this.#isShut = true;
  }

  end(reason: EndReason, ledger: Ledger, routeMinutes: readonly RouteMinute[]): void {
    this.shut();
    // A process that has stored and spilled nothing has no row in the file: its end is of no interest.
    if (this.#hasEnded || ledger.stored + this.#size === 0) return;
    this.#hasEnded = true;
    const process = this.#process;
    const statistics = encodeStatistics({ process, routeMinutes });
    if (routeMinutes.length > 0 && this.#hasRoomForSync(statistics)) this.#writeSync(statistics);
    this.#writeSync(
      encodeEnd({ process, end: reason, endedAtMicros: nowMicros(), ledger, storedUpTo: this.#storedUpTo }),
    );
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  async close(): Promise<void> {
    if (this.#entries.length === 0 && !this.#hasEnded) return this.#removeIfEmpty();
    clearInterval(this.#heartbeat);
    const handle = this.#handle;
    const descriptor = this.#descriptor;
    this.#handle = undefined;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
    await handle?.close();
  }

  async #create(): Promise<FileHandle> {
    await this.#removal;
    await mkdir(dirname(this.#file), { recursive: true });
    const handle = await open(this.#file, CREATE, MODE);
    this.#heartbeat = unrecorded(() => setInterval(() => touch(handle), HEARTBEAT_MILLIS)).unref();
    return handle;
  }

  #writeSync(line: Buffer): boolean {
    try {
      if (this.#handle === undefined && this.#descriptor === undefined) {
        this.#descriptor = this.#createSync();
      }
      // The record gets a line of its own, also where the line before was cut short.
      const whole = Buffer.concat([Buffer.from('\n'), line]);
      if (writeSync(this.#handle?.fd ?? this.#descriptor!, whole) === whole.length) return true;
      throw new Error('the disk is full');
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** Takes another name where the file is just being created or removed, because nothing waits for that any more. */
  #createSync(): number {
    mkdirSync(dirname(this.#file), { recursive: true });
    try {
      return openSync(this.#file, CREATE, MODE);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      this.#file = spillFileOf(this.#database, this.#process.processKey, 1);
      return openSync(this.#file, CREATE, MODE);
    }
  }

  #hasRoomForSync(line: Buffer): boolean {
    if (this.#handle === undefined && !this.#isLimitKnown) {
      this.#isLimitKnown = true;
      this.#limit = this.#maxBytes - bytesOfOthersSync(this.#database, this.#process.processKey);
    }
    return this.#hasRoomFor(line);
  }

  #hasRoomFor(line: Buffer): boolean {
    if (this.#size + line.length <= this.#limit && line.length <= MAX_RECORD_BYTES) return true;
    this.#report(
      'SPILL_FAILED',
      `The spill files beside ${this.#database} have reached their limit (maxSpillMegabytes). ` +
        'What comes now waits in memory, as far as there is room.',
    );
    return false;
  }

  /** Cuts off a piece of a record, which would spoil the next one. Where that fails, nothing more is appended. */
  async #cutOff(): Promise<void> {
    if (this.#hasEnded) return; // `#size` does not count the records of the end.
    try {
      await this.#handle?.truncate(this.#size);
    } catch (error) {
      this.#failed(error);
      this.#size = this.#limit;
    }
  }

  #removeIfEmpty(): Promise<void> {
    if (this.#entries.length > 0 || this.#appends > 0 || this.#hasEnded) return Promise.resolve();
    clearInterval(this.#heartbeat);
    const handle = this.#handle;
    this.#handle = undefined;
    this.#size = 0;
    if (handle !== undefined) this.#removal = this.#remove(handle, this.#file);
    return this.#removal;
  }

  async #remove(handle: FileHandle, file: string): Promise<void> {
    try {
      await handle.close();
      await unlink(file);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#report('SPILL_FAILED', `Spans cannot be spilled to ${this.#file}: ${messageOf(error)}`, error);
  }
}

function touch(handle: FileHandle): void {
  const now = new Date();
  handle.utimes(now, now).catch(() => {}); // It may just be closed.
}
