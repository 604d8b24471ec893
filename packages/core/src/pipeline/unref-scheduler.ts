import type { SchedulerAction, SchedulerLike } from 'rxjs';
import { Subscription } from './rxjs.js';

/** A piece of scheduled work, with a timer that does not hold the process open. */
class UnrefAction<T> extends Subscription implements SchedulerAction<T> {
  #work: ((this: SchedulerAction<T>, state?: T) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(work: (this: SchedulerAction<T>, state?: T) => void) {
    super();
    this.#work = work;
    // `bufferTime` schedules an action for each batch. An action that the garbage collector has moved to the old
    // generation would keep its batch of spans alive after its end. Without these lines, collections took ten times as
    // long.
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
 * A timer scheduler for RxJS that does not hold the process open. `asyncScheduler` keeps the event loop alive for as
 * long as `bufferTime` is subscribed.
 */
export const unrefScheduler: SchedulerLike = {
  now: Date.now,
  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    return new UnrefAction(work).schedule(state, delay);
  },
};
