import type { ProcessIdentity } from '../../process/process-identity.js';
import { nowMicros } from '../../trace/clock.js';
import type { Database } from '../file/driver.js';
import { acquireLease, releaseLease } from '../file/lease.js';
import { pruneRouteMinutes } from './route-minute-retention.js';
import { pruneChunk, pruneGone, type RetentionLimits } from './span-retention.js';
import { pruneStrings } from './string-retention.js';

const LEASE = 'retention';

/** Interval at which the lease is asked for or renewed: three times while it lasts. */
const LEASE_MILLIS = 10_000;
/** Intervals at which the file is looked at while there is nothing to delete: for spans, and for what grows slowly. */
const LOOK_MILLIS = 1_000;
const SELDOM_MILLIS = 600_000;

/** Keeps a file within its limits, a chunk at a time, if this process is the one that holds the lease. */
export class RetentionKeeper {
  readonly #database: Database;
  readonly #limits: RetentionLimits;
  readonly #process: ProcessIdentity;
  #isElected = false;
  #nextElection = 0;
  #nextLook = 0;
  #nextSeldom = 0;
  #routeMinutes: AsyncGenerator<void, void> | undefined;
  #strings: AsyncGenerator<void, void> | undefined;

  constructor(database: Database, limits: RetentionLimits, process: ProcessIdentity) {
    this.#database = database;
    this.#limits = limits;
    this.#process = process;
  }

  /**
   * Called between two writes. At most one chunk is deleted, of each kind, so the next batch waits some milliseconds at
   * most.
   */
  async step(now = performance.now()): Promise<void> {
    if (now >= this.#nextElection) {
      this.#nextElection = now + LEASE_MILLIS;
      this.#isElected = await acquireLease(this.#database, LEASE, this.#process, nowMicros());
    }
    if (!this.#isElected) return;
    if (this.#strings !== undefined) {
      // Before the next spans: there may be room enough without them.
      const { done } = await this.#strings.next();
      if (done !== true) return;
      this.#strings = undefined;
    }
    if (now >= this.#nextLook) {
      const { hasTurned, hasMore } = await pruneChunk(this.#database, this.#limits);
      if (hasTurned) {
        this.#strings = pruneStrings(this.#database);
        // All spans have been replaced since the last time: in a small file, that is soon.
        this.#nextSeldom = now;
      }
      if (!hasMore) this.#nextLook = now + LOOK_MILLIS;
    }
    if (this.#routeMinutes === undefined) {
      if (now < this.#nextSeldom) return;
      this.#nextSeldom = now + SELDOM_MILLIS;
      this.#routeMinutes = pruneRouteMinutes(this.#database, this.#limits);
    }
    const { done } = await this.#routeMinutes.next();
    if (done !== true) return;
    this.#routeMinutes = undefined;
    this.#strings ??= pruneStrings(this.#database);
    await pruneGone(this.#database, this.#limits);
  }

  async close(): Promise<void> {
    if (this.#isElected) await releaseLease(this.#database, LEASE, this.#process);
  }
}
