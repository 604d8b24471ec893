/**
 * Waits for a promise, at most `millis`. The timer keeps the process alive on purpose, only for that time: otherwise
 * Node would end while the awaited work is tried again.
 */
export async function settlesWithin(promise: Promise<unknown>, millis: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, millis);
  });
  await Promise.race([promise, deadline]);
  clearTimeout(timer);
}
