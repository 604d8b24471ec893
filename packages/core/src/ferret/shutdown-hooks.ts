import { processWide } from '../process-wide.js';
import type { EndReason } from '../sink/sink.js';

/** What can be drained at the end of the process. */
interface Drainable {
  flush(): Promise<void>;
  shutdown(reason: EndReason): Promise<unknown>;
  /** Saves what it can without waiting. */
  exit(reason: EndReason): void;
}

/**
 * Drains every Ferret of the process when it ends, without a say in whether and how it ends:
 *
 * - the event loop runs empty: close, then the process exits as it would have;
 * - SIGTERM or SIGINT, nobody else listening: close, then raise the signal again, so that the parent sees the same wait
 *   status as without Ferret. Its listeners are gone by then, so a second signal ends the process at once;
 * - SIGTERM or SIGINT, the application listening: flush and step aside, for this signal. What ends later is drained when the
 *   loop runs empty, the application calls `close()`, or the other signal comes and nobody listens to that;
 * - `process.exit()`, or an exception that nobody catches: what is not stored yet is spilled, synchronously.
 */
class ShutdownHooks {
  readonly #ferrets = new Set<Drainable>();
  /** Set while an uncaught exception is dealt with: the process may end of it, or the application may know better. */
  #hasUncaughtException = false;

  add(ferret: Drainable): void {
    if (this.#ferrets.size === 0) this.#install();
    this.#ferrets.add(ferret);
  }

  remove(ferret: Drainable): void {
    this.#ferrets.delete(ferret);
    if (this.#ferrets.size === 0) this.#uninstall();
  }

  #install(): void {
    process.on('beforeExit', this.#onBeforeExit);
    process.on('exit', this.#onExit);
    // Only watches, without a say in what becomes of the exception.
    process.on('uncaughtExceptionMonitor', this.#onUncaughtException);
    // First in line, so that the listeners counted below still include those that remove themselves when called.
    process.prependListener('SIGTERM', this.#onSignal);
    process.prependListener('SIGINT', this.#onSignal);
  }

  #uninstall(): void {
    process.off('beforeExit', this.#onBeforeExit);
    process.off('exit', this.#onExit);
    process.off('uncaughtExceptionMonitor', this.#onUncaughtException);
    this.#offSignals();
  }

  #offSignals(): void {
    process.off('SIGTERM', this.#onSignal);
    process.off('SIGINT', this.#onSignal);
  }

  readonly #onBeforeExit = (): void => {
    for (const ferret of this.#ferrets) void ferret.shutdown('exit');
  };

  readonly #onUncaughtException = (): void => {
    this.#hasUncaughtException = true;
    setImmediate(() => {
      this.#hasUncaughtException = false;
    }).unref();
  };

  readonly #onExit = (): void => {
    for (const ferret of this.#ferrets) ferret.exit(this.#hasUncaughtException ? 'uncaughtException' : 'exit');
  };

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    // Gone before the application's listeners run: some libraries (signal-exit) end the process only if nobody else listens.
    process.off(signal, this.#onSignal);
    const ferrets = [...this.#ferrets];
    if (process.listenerCount(signal) > 0) {
      for (const ferret of ferrets) void ferret.flush();
      return;
    }
    this.#offSignals();
    void Promise.all(ferrets.map((ferret) => ferret.shutdown(signal as EndReason))).then(() =>
      process.kill(process.pid, signal),
    );
  };
}

export const shutdownHooks = processWide('shutdown', () => new ShutdownHooks());
