import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Report } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import type { Ledger } from '../sink/ledger.js';
import type { EndReason, SpanBatch } from '../sink/sink.js';
import type { Spill } from '../sink/spill.js';
import type { RouteMinute } from '../statistics/route-statistics.js';
import { nowMicros } from '../trace/clock.js';
import { bytesOfOthers, bytesOfOthersSync, spillFileOf } from './spill-file.js';
import { decode, encodeBatch, encodeEnd, encodeStatistics } from './spill-record.js';

/** Where a batch lies in the file. */
interface Entry {
  readonly offset: number;
  readonly length: number;
  readonly spans: number;
}

/** Created here, never somebody's link; private; appended to, so that two writes at once do not mix. */
const CREATE = 'ax+';
const MODE = 0o600;

/** The spill of one process: a file that is there only while it holds something. */
export class SpillQueue implements Spill {
  readonly #database: string;
  #file: string;
  readonly #process: ProcessIdentity;
  readonly #maxBytes: number;
  readonly #report: Report;
  #handle: FileHandle | undefined;
  /** The same file as a descriptor, where it was opened at the process's end. */
  #descriptor: number | undefined;
  #entries: Entry[] = [];
  #size = 0;
  /** How far it may grow: what the files of other processes left of `maxBytes` when it was begun. */
  #limit = 0;
  /** That has been looked at synchronously: once is enough at the process's end, and there may be many files. */
  #isLimitKnown = false;
  /** Appends under way: the file is not removed beneath them. */
  #appends = 0;
  /** The removal of a file that has become empty; the next one is created behind it. */
  #removal: Promise<void> = Promise.resolve();
  #isShut = false;
  #hasEnded = false;

  constructor(database: string, process: ProcessIdentity, maxBytes: number, report: Report) {
    this.#database = database;
    this.#file = spillFileOf(database, process.processKey);
    this.#process = process;
    this.#maxBytes = maxBytes;
    this.#report = report;
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
      if (this.#isShut) return false; // It has been appended synchronously meanwhile, or refused, or is lost.
      const { bytesWritten } = await this.#handle.write(line);
      if (bytesWritten < line.length) throw new Error('the disk is full');
      this.#entries.push({ offset: this.#size, length: line.length, spans: batch.spans.length });
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
    this.#entries.shift();
    await this.#removeIfEmpty();
  }

  shut(): void {
    this.#isShut = true;
  }

  end(reason: EndReason, ledger: Ledger, routeMinutes: readonly RouteMinute[]): void {
    this.shut();
    // A process that has stored and spilled nothing has no row in the file that waits for its end.
    if (this.#hasEnded || ledger.stored + this.#size === 0) return;
    this.#hasEnded = true;
    const process = this.#process;
    const statistics = encodeStatistics({ process, routeMinutes });
    if (routeMinutes.length > 0 && this.#hasRoomForSync(statistics)) this.#writeSync(statistics);
    this.#writeSync(encodeEnd({ process, end: reason, endedAtMicros: nowMicros(), ledger }));
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  async close(): Promise<void> {
    if (this.#entries.length === 0 && !this.#hasEnded) return this.#removeIfEmpty();
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
    return open(this.#file, CREATE, MODE);
  }

  #writeSync(line: Buffer): boolean {
    try {
      if (this.#handle === undefined && this.#descriptor === undefined) {
        this.#descriptor = this.#createSync();
      }
      // On a line of its own, also where the one before was cut short.
      const whole = Buffer.concat([Buffer.from('\n'), line]);
      if (writeSync(this.#handle?.fd ?? this.#descriptor!, whole) === whole.length) return true;
      throw new Error('the disk is full');
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** The file may be just being created or removed, which nothing waits for any more: then another name is taken. */
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
    if (this.#size + line.length <= this.#limit) return true;
    this.#report(
      'SPILL_FAILED',
      `The spill files beside ${this.#database} have reached their limit (maxSpillMegabytes). ` +
        'What comes now waits in memory, as far as there is room.',
    );
    return false;
  }

  /** A piece of a record would spoil the next one: where it stays, nothing is appended behind it. */
  async #cutOff(): Promise<void> {
    if (this.#hasEnded) return; // What was written since is not in the reckoning.
    try {
      await this.#handle?.truncate(this.#size);
    } catch (error) {
      this.#failed(error);
      this.#size = this.#limit;
    }
  }

  #removeIfEmpty(): Promise<void> {
    if (this.#entries.length > 0 || this.#appends > 0 || this.#hasEnded) return Promise.resolve();
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
