import { type FileHandle, unlink } from 'node:fs/promises';
import type { Report } from '../diagnostics.js';
import { codeOf, messageOf } from '../errors.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import { mayLive } from '../process/process-liveness.js';
import { nowMicros } from '../trace/clock.js';
import { type ClaimedFile, DeadProcess } from './dead-process.js';
import { type FoundSpill, findClaimable, SpillClaim } from './spill-claim.js';
import { hasCopies, NEXT_COPIES } from './spill-file.js';
import { beginsAsSpill, ForeignSpillError, openSpill } from './spill-handle.js';
import { type SpillContent, scanSpill } from './spill-scan.js';

/** Interval of the looks at the place. A living process touches its spill file three times as often. */
const LOOK_MILLIS = 60_000;

interface ReadFile {
  readonly found: FoundSpill;
  readonly content: SpillContent;
}

/**
 * Finds the spill files of dead processes at a place that several processes share, and claims them, process by process.
 * For stores that have no leases; the SQLite file has (`sqlite/recovery/`).
 */
export class SpillRecovery {
  readonly #place: string;
  readonly #me: ProcessIdentity;
  readonly #report: Report;
  #waiting: FoundSpill[][] = [];
  #lookedAt: number | undefined;
  /** Files that have been reported once: they are found again every minute. */
  readonly #reported = new Set<string>();

  constructor(place: string, me: ProcessIdentity, report: Report) {
    this.#place = place;
    this.#me = me;
    this.#report = report;
  }

  /** Claims the files of the next dead process. `undefined` where there is none for now. */
  async next(): Promise<DeadProcess | undefined> {
    if (this.#waiting.length === 0) await this.#look();
    for (let files = this.#waiting.shift(); files !== undefined; files = this.#waiting.shift()) {
      const dead = await this.#claim(files);
      if (dead !== undefined) return dead;
    }
    return undefined;
  }

  async #look(): Promise<void> {
    const isFirst = this.#lookedAt === undefined;
    if (!isFirst && performance.now() - this.#lookedAt! < LOOK_MILLIS) return;
    this.#lookedAt = performance.now();
    const processes = new Map<string, FoundSpill[]>();
    for (const spill of await findClaimable(this.#place, this.#me.processKey)) {
      processes.set(spill.processKey, [...(processes.get(spill.processKey) ?? []), spill]);
    }
    // To read a file is expensive, and a living process touches its own. The first look reads all files, so that those
    // of a process that has just died are taken in at once.
    const isWorthReading = ({ isBegun, changedAtMillis }: FoundSpill) =>
      isFirst || isBegun || Date.now() - changedAtMillis >= LOOK_MILLIS;
    this.#waiting = [...processes.values()].filter(
      (files) => !files.some(({ isHeld }) => isHeld) && files.some(isWorthReading),
    );
  }

  /** Reads and claims the files of a process. `undefined` if it may live, or if another process takes them in. */
  async #claim(files: readonly FoundSpill[]): Promise<DeadProcess | undefined> {
    try {
      const read: ReadFile[] = [];
      for (const found of files) {
        const content = await this.#read(found);
        if (content !== undefined) read.push({ found, content });
      }
      const process = read.find(({ content }) => content.process !== undefined)?.content.process;
      if (process === undefined || !isDead(process, read)) return undefined;
      const claimed: ClaimedFile[] = [];
      for (const { found, content } of read) {
        const claim = new SpillClaim(found, this.#me.processKey);
        if (!(await claim.hold())) return undefined;
        claimed.push({ claim, content });
        if (hasCopies(found.origin)) await unlink(found.origin.replace(/\d+$/, String(NEXT_COPIES))).catch(() => {});
      }
      return new DeadProcess(process, claimed);
    } catch (error) {
      this.#reportOnce(files[0]!.origin, `could not be taken in and is kept: ${messageOf(error)}`, error);
      return undefined;
    }
  }

  /** Reads a file. `undefined` where it is not ours, of a newer version, or already gone. */
  async #read({ path, origin }: FoundSpill): Promise<SpillContent | undefined> {
    let handle: FileHandle | undefined;
    try {
      handle = await openSpill(path);
      if (!(await beginsAsSpill(handle))) throw new ForeignSpillError('it does not begin with a record');
      const content = await scanSpill(handle);
      const { damaged, isNewer } = content;
      if (damaged > 0) {
        this.#reportOnce(origin, `has ${damaged} torn or damaged pieces, which are lost`, undefined, 'SPILL_DAMAGED');
      }
      if (!isNewer) return content;
      this.#reportOnce(origin, 'was written by a newer version of Ferret and is kept for it');
    } catch (error) {
      const isForeign = error instanceof ForeignSpillError;
      if (!isForeign && codeOf(error) !== 'ENOENT') throw error;
      if (isForeign) this.#reportOnce(origin, `is not a spill file of ours and is left as it is: ${error.message}`);
    } finally {
      await handle?.close();
    }
    return undefined;
  }

  #reportOnce(
    file: string,
    what: string,
    cause?: unknown,
    code: 'SPILL_FAILED' | 'SPILL_DAMAGED' = 'SPILL_FAILED',
  ): void {
    if (this.#reported.has(file)) return;
    this.#reported.add(file);
    this.#report(code, `${file} ${what}`, cause);
  }
}

/**
 * Whether a process is dead: it has said so, another process has begun to take its files in, or the system does not
 * know it any more.
 */
function isDead(process: ProcessIdentity, read: readonly ReadFile[]): boolean {
  const hasEnded = read.some(({ found, content }) => content.end !== undefined && !hasCopies(found.origin));
  if (hasEnded || read.some(({ found }) => found.isBegun)) return true;
  const changedAt = Math.max(...read.map(({ found }) => found.changedAtMillis));
  return !mayLive(process, Math.round(changedAt * 1000), nowMicros());
}
