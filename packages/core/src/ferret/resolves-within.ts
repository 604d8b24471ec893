const MAX_TIMER_MILLIS = 2 ** 31 - 1;

/**
 * Whether a promise resolves before so many milliseconds have passed. The timer holds the process open on purpose, and
 * only for this long: with nothing else to wait for, Node would otherwise end in the middle of a retry, and never run
 * what the application does after it.
 */
export async function resolvesWithin(promise: Promise<unknown>, millis: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    // A longer timer, or one of Infinity, would be over at once.
    timer = setTimeout(resolve, Math.min(millis, MAX_TIMER_MILLIS), false);
  });
  const isInTime = await Promise.race([promise.then(() => true), deadline]);
  clearTimeout(timer);
  return isInTime;
}
