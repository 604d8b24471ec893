/** Drift of the wall clock from the monotonic one, in milliseconds, beyond which later spans follow the wall clock. */
const MAX_DRIFT_MILLIS = 20;
const CHECK_INTERVAL_MILLIS = 1000;

const firstOffset = Date.now() - performance.now();
let wallOffset = firstOffset;
let nextCheck = performance.now() + CHECK_INTERVAL_MILLIS;

/**
 * The wall-clock time that belongs to a reading of `performance.now()`, in whole microseconds since the epoch.
 *
 * It runs on the monotonic clock, so spans of one trace keep their order to the microsecond, and looks at the wall
 * clock once a second: when that has stepped, later spans follow it. Durations never come from here.
 */
export function epochMicros(monotonicMillis: number): number {
  if (monotonicMillis > nextCheck) {
    nextCheck = monotonicMillis + CHECK_INTERVAL_MILLIS;
    const offset = Date.now() - performance.now();
    if (Math.abs(offset - wallOffset) > MAX_DRIFT_MILLIS) wallOffset = offset;
  }
  return Math.round((wallOffset + monotonicMillis) * 1000);
}

/** Now, in whole microseconds since the epoch. */
export function nowMicros(): number {
  return epochMicros(performance.now());
}

/**
 * Now, but never later than the wall clock as it was set at the start of the process says: what is deleted by age must
 * not fall to a clock that was set forward for a while. In whole microseconds since the epoch.
 */
export function cautiousNowMicros(): number {
  return Math.min(nowMicros(), Math.round((firstOffset + performance.now()) * 1000));
}
