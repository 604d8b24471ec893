const FIRST_MILLIS = 20;
const LONGEST_MILLIS = 1000;

/**
 * Pause in milliseconds after the failed attempt `attempt` (from 0): doubled each time up to a second, half of it
 * random.
 */
export function backOffMillis(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_MILLIS, FIRST_MILLIS * 2 ** attempt);
  return longest / 2 + random() * (longest / 2);
}

/** Waits without holding the process open. Resolves early when `signal` is aborted; never rejects. */
export function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, millis);
    timer.unref();
    signal.addEventListener('abort', done);
  });
}
