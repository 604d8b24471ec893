import type { Ending } from '../pipeline/ending.js';

/**
 * The stage of the end. `closing`: nothing new is recorded, and what waits is being stored. `closed`: all of it was
 * stored, or lost and counted. `abandoned`: the deadline has passed or the process exits, so nothing is waited for any
 * more.
 */
export type Stage = 'open' | 'closing' | 'closed' | 'abandoned';

/**
 * The one state of the end: `open -> closing -> closed | abandoned`. A pipeline and its tracer ask it. There is one way
 * back: a process that lives on after a signal reopens what has been closed.
 */
export class Lifecycle implements Ending {
  readonly #abandonment = new AbortController();
  /** Callers of {@link untilAbandoned} that still wait, each by what resolves its promise. */
  readonly #waiting = new Set<() => void>();
  #stage: Stage = 'open';
  #mayReopen = true;

  get isOpen(): boolean {
    return this.#stage === 'open';
  }

  get isAbandoned(): boolean {
    return this.#stage === 'abandoned';
  }

  get abandoned(): AbortSignal {
    return this.#abandonment.signal;
  }

  close(): void {
    if (this.#stage === 'open') this.#stage = 'closing';
  }

  closed(): void {
    if (this.#stage === 'closing') this.#stage = 'closed';
  }

  abandon(): boolean {
    if (this.#stage === 'closed' || this.#stage === 'abandoned') return false;
    this.#stage = 'abandoned';
    this.#abandonment.abort();
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    return true;
  }

  reopen(): boolean {
    if (!this.#mayReopen || this.isOpen || this.isAbandoned) return false;
    this.#stage = 'open';
    return true;
  }

  /** The end, once it has begun, is for good: the application has asked for it, or the store cannot be opened again. */
  forbidReopening(): void {
    this.#mayReopen = false;
  }

  untilAbandoned(promise: Promise<void>): Promise<void> {
    if (this.isAbandoned) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      void promise.then(() => {
        this.#waiting.delete(resolve);
        resolve();
      });
    });
  }
}
