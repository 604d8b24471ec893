import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';

/**
 * RxJS's timer scheduler with timers that do not hold the process open; `asyncScheduler` keeps the event loop alive
 * for as long as `bufferTime` is subscribed.
 */
export const unrefScheduler: SchedulerLike = {
  now: Date.now,
  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    const action = new Subscription() as SchedulerAction<T>;
    action.schedule = (nextState, nextDelay = 0) => {
      const timer = setTimeout(() => work.call(action, nextState), nextDelay);
      timer.unref();
      action.add(() => clearTimeout(timer));
      return action;
    };
    return action.schedule(state, delay);
  },
};
