import type { Terminal } from './terminal.js';

const INTERVAL_MILLIS = 1_000;

/**
 * Awaits work, and shows on a terminal once a second that it goes on and for how long: `reading the spans ... 12 s`.
 * The line is gone before anything is printed. SQLite must not run on this thread meanwhile, see {@link placeFor}.
 */
export async function whileWaiting<T>(
  terminal: Pick<Terminal, 'status'>,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    terminal.status(`${what} ... ${seconds} s`, 'file');
  }, INTERVAL_MILLIS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (seconds > 0) terminal.status('', 'file');
  }
}

/**
 * Where a command runs SQLite: on the calling thread, which starts sooner, or on another where somebody watches a
 * terminal, which is told meanwhile that work goes on.
 */
export function placeFor({ showsStatus }: Pick<Terminal, 'showsStatus'>): { readonly inPlace: boolean } {
  return { inPlace: !showsStatus };
}
