import type { SchedulerAction, SchedulerLike } from 'rxjs';
import { Subscription } from './rxjs.js';

/** A piece of scheduled work, with a timer that does not hold the process open. */
class UnrefAction<T> extends Subscription implements SchedulerAction<T> {
  #work: ((this: SchedulerAction<T>, state?: T) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(work: (this: SchedulerAction<T>, state?: T) => void) {
    super();
    this.#work = work;
    // `bufferTime` schedules one of these for each batch. Letting go of everything keeps a dead one that the garbage
    // collector has already moved to the old generation from dragging its batch of spans along: collections took ten
    // times as long without.
    this.add(() => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#work = undefined;
    });
  }

  schedule(state?: T, delay = 0): Subscription {
    this.#timer = setTimeout(() => this.#work?.call(this, state), delay).unref();
    return this;
  }
}

/**
 * RxJS's timer scheduler without its grip on the process: `asyncScheduler` keeps the event loop alive for as long as
 * `bufferTime` is subscribed.
 */
export const unrefScheduler: SchedulerLike = {
  now: Date.now,
  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    return new UnrefAction(work).schedule(state, delay);
  },
};
