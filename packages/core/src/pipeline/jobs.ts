import type { Report } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import { concatMap, defer, Subject } from './rxjs.js';

type Job = () => Promise<void>;

/** Runs all work with a store: in order, one job at a time. */
export class Jobs {
  readonly #jobs = new Subject<Job>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
    this.#jobs.pipe(concatMap((job) => defer(() => this.#run(job)))).subscribe();
  }

  /** Runs a job when all jobs that were added before are done. */
  add(job: Job): void {
    this.#jobs.next(job);
  }

  /** Runs a job as {@link add} does. Resolves when it is done; never rejects. */
  done(job: Job): Promise<void> {
    return new Promise((resolve) => {
      this.add(async () => {
        try {
          await job();
        } finally {
          resolve();
        }
      });
    });
  }

  /**
   * Never starts a job on the stack of the code that added it: spans that a sink ends there would find `bufferTime`
   * without a buffer for them. No job should reject; after one that does, the jobs behind it run all the same.
   */
  async #run(job: Job): Promise<void> {
    try {
      await Promise.resolve();
      await job();
    } catch (error) {
      this.#report('WRITE_FAILED', `The store failed in an unexpected way: ${messageOf(error)}`, error);
    }
  }
}
