import { lstat, lutimes, rename, unlink } from 'node:fs/promises';
import { codeOf } from '../errors.js';
import { findSpillFiles, processKeyOf } from './spill-file.js';
import { openSpill } from './spill-handle.js';

/**
 * Suffix of a spill file that a process takes in: `.taken-<key of that process>-<number of batches that are stored>`.
 */
const CLAIM = /\.taken-([0-9a-z-]*)-(\d+)$/;

/** Age of a claim after which its process counts as gone. */
const LEASE_MILLIS = 60_000;

/** A spill file of another process, and the part of it that has been taken in. */
export interface FoundSpill {
  readonly path: string;
  /** Its path before anybody began to take it in. */
  readonly origin: string;
  /** Key of the process that recorded its spans, by its name. */
  readonly processKey: string;
  /** Number of batches at its front that are stored. */
  readonly taken: number;
  /** Whether a process has begun to take it in: its owner is known to be dead. */
  readonly isBegun: boolean;
  /** Whether another process is taking it in now. */
  readonly isHeld: boolean;
  /** Time when it was last written or claimed, Unix milliseconds. */
  readonly changedAtMillis: number;
}

/** Finds the spill files at a place, without those of the process `processKey`. */
export async function findClaimable(place: string, processKey: string): Promise<FoundSpill[]> {
  const found: FoundSpill[] = [];
  for (const path of await findSpillFiles(place)) {
    const [suffix = '', holder = '', taken = '0'] = CLAIM.exec(path) ?? [];
    const origin = path.slice(0, path.length - suffix.length);
    const key = processKeyOf(place, origin);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || key === processKey) continue;
    const isHeld = holder !== '' && holder !== processKey && Date.now() - stats.mtimeMs < LEASE_MILLIS;
    found.push({
      path,
      origin,
      processKey: key,
      taken: Number(taken),
      isBegun: suffix !== '',
      isHeld,
      changedAtMillis: stats.mtimeMs,
    });
  }
  return found;
}

/**
 * A spill file that this process takes in. To claim it is to rename it: of several processes that try, one succeeds.
 * The name says how far it is taken in, so that the next process goes on there, should this one die. It is open only
 * while it is read.
 */
export class SpillClaim {
  readonly #origin: string;
  readonly #me: string;
  #path: string;
  #taken: number;

  constructor({ path, origin, taken }: FoundSpill, me: string) {
    this.#path = path;
    this.#origin = origin;
    this.#taken = taken;
    this.#me = me;
  }

  /** Number of batches at its front that are stored. */
  get taken(): number {
    return this.#taken;
  }

  /** Claims it, or renews the claim. @returns `false` where another process was faster, or has taken it over. */
  async hold(taken = this.#taken): Promise<boolean> {
    try {
      // Before the new name is there: its lease must not look as old as the file.
      const now = new Date();
      await lutimes(this.#path, now, now);
      await this.#rename(this.#me, taken);
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Reads a piece of it. */
  async read(offset: number, length: number): Promise<Buffer> {
    const handle = await openSpill(this.#path);
    try {
      const piece = Buffer.allocUnsafe(length);
      await handle.read(piece, 0, length, offset);
      return piece;
    } finally {
      await handle.close();
    }
  }

  /** Leaves it to the next process, which need not wait for the lease to expire. */
  async release(): Promise<void> {
    await this.#rename('', this.#taken).catch(() => {}); // Another process has taken it over.
  }

  /** Removes the file: all of it is stored. */
  async finish(): Promise<void> {
    await unlink(this.#path);
  }

  async #rename(holder: string, taken: number): Promise<void> {
    const path = `${this.#origin}.taken-${holder}-${taken}`;
    await rename(this.#path, path);
    this.#path = path;
    this.#taken = taken;
  }
}
