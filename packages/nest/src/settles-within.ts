/**
 * Waits for a promise, but not for longer than this. The timer holds the process open on purpose, and only for this long:
 * Node would otherwise end while what is waited for is tried again.
 */
export async function settlesWithin(promise: Promise<unknown>, millis: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, millis);
  });
  await Promise.race([promise, deadline]);
  clearTimeout(timer);
}
