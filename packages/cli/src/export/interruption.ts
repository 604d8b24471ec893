const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The work may take so long to stop; then the process ends all the same. */
const GRACE_MILLIS = 1_000;

/**
 * Runs work that would leave something behind if it were cut off. A signal aborts it; once it has stopped, the process
 * ends by that signal, as its parent expects (https://www.cons.org/cracauer/sigint.html).
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const stopListening = () => SIGNALS.forEach((name) => void process.off(name, onSignal));
  const endBySignal = () => {
    stopListening();
    process.kill(process.pid, received);
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (received !== undefined) {
      endBySignal();
      return;
    }
    received = name;
    controller.abort();
    setTimeout(endBySignal, GRACE_MILLIS).unref();
  };
  for (const name of SIGNALS) {
    process.on(name, onSignal);
  }
  try {
    await work(controller.signal);
  } finally {
    stopListening();
    if (received !== undefined) {
      process.kill(process.pid, received);
    }
  }
}
