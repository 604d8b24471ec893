import { setImmediate, setInterval } from 'node:timers';
import { processWide, theProcess } from '../process-wide.js';
import type { EndReason } from '../sink/end-reason.js';
import { END_SIGNALS, type EndSignal } from '../sink/end-reason.js';
import { asOurs, isHeardByOthers } from './end-signals.js';

/** A Ferret, as far as the hooks need it. Copies of this package share the hooks, so its names are fixed. */
interface Drainable {
  /** `pending` counts spans that are open, or not stored yet. */
  stats(): { readonly pending: number };
  flush(): Promise<void>;
  /** Copies to disk what is in memory, synchronously, because the process may end at any moment. Recording goes on. */
  saveCopies(reason: EndReason): void;
  /** Removes the copies: the process has not ended. */
  discardCopies(): void;
  shutdown(reason: EndReason): Promise<{ readonly complete: boolean }>;
  /** Records again after `shutdown()`: the process has not ended. */
  reopen(): void;
  /** Spills what is not stored, synchronously, because the process exits. */
  exit(reason: EndReason): void;
}

/**
 * The kernel drops a signal to the first process of a container that has no listener for it: the signal does not end
 * that process (pid_namespaces(7)).
 */
const IS_INIT = process.platform === 'linux' && theProcess.pid === 1;

/**
 * Whether this code runs in a sandbox of a test runner. Sandboxes live on in the process with all their Ferrets, of
 * which there may be hundreds. So none is closed at the end of the process: spans in memory are stored, or copied to
 * disk. Jest sends SIGTERM to a worker that has not ended within 500 ms, and SIGKILL 500 ms later.
 */
const IS_SANDBOXED = theProcess !== process;

/** Interval of the check whether anything but a hanging store holds the process open. */
const IDLE_CHECK_MILLIS = 100;

/**
 * Drains every Ferret of the process when it ends, without a say in whether and how it ends:
 *
 * - the event loop runs empty: close, then the process exits as it would have, also if a store hangs;
 * - a signal that ends the process by default, and that only Ferret listens to: close, then raise the signal again, so
 *   that the parent sees the same wait status as without Ferret. Its listeners are gone by then, so a second signal
 *   ends the process at once. Should the process live on, so does Ferret;
 * - such a signal, the application listening: flush and step aside for one turn of the event loop. A listener that
 *   raises the signal later, as after a graceful shutdown, finds Ferret alone;
 * - such a signal as process 1, which it does not end: flush;
 * - `process.exit()`, or an exception that is not caught: what is not stored yet is spilled, synchronously.
 *
 * At a signal, what is not stored is copied to disk first, synchronously: a listener may end the process in the same
 * turn of the loop, and a second signal at any time.
 */
class ShutdownHooks {
  readonly #ferrets = new Set<Drainable>();
  /** Set while an uncaught exception is dealt with. It ends the process, unless the application handles it. */
  #hasUncaughtException = false;
  /** Set once a signal has come that only Ferret listened to: it is about to end the process. */
  #isEnding = false;

  add(ferret: Drainable): void {
    this.#ferrets.add(ferret);
    if (this.#ferrets.size === 1) this.#install();
  }

  remove(ferret: Drainable): void {
    this.#ferrets.delete(ferret);
    if (this.#ferrets.size === 0) this.#uninstall();
  }

  #install(): void {
    if (IS_SANDBOXED) {
      theProcess.once('beforeExit', this.#onSandboxesOver);
      theProcess.on('exit', this.#onSandboxedExit);
      this.#listen(END_SIGNALS);
      return;
    }
    theProcess.on('beforeExit', this.#onBeforeExit);
    theProcess.on('exit', this.#onExit);
    // The monitor only watches: it does not change whether the exception ends the process.
    theProcess.on('uncaughtExceptionMonitor', this.#onUncaughtException);
    this.#listen(END_SIGNALS);
  }

  #uninstall(): void {
    theProcess.off('beforeExit', this.#onSandboxesOver);
    theProcess.off('exit', this.#onSandboxedExit);
    theProcess.off('beforeExit', this.#onBeforeExit);
    theProcess.off('exit', this.#onExit);
    theProcess.off('uncaughtExceptionMonitor', this.#onUncaughtException);
    this.#unlisten(END_SIGNALS);
  }

  /** Listens before all others: listeners that remove themselves when called are still counted then. */
  #listen(signals: readonly EndSignal[]): void {
    this.#unlisten(signals);
    if (this.#ferrets.size === 0 || this.#isEnding) return;
    for (const signal of signals) theProcess.prependListener(signal, this.#onSignal);
  }

  #unlisten(signals: readonly EndSignal[]): void {
    for (const signal of signals) theProcess.off(signal, this.#onSignal);
  }

  readonly #onSandboxesOver = (): void => {
    for (const ferret of this.#ferrets) if (ferret.stats().pending > 0) void ferret.flush();
  };

  readonly #onSandboxedExit = (): void => {
    for (const ferret of this.#ferrets) if (ferret.stats().pending > 0) ferret.saveCopies('exit');
  };

  readonly #onBeforeExit = (): void => {
    const isAlone = theProcess.listenerCount('beforeExit') === 1;
    const closed = [...this.#ferrets].map((ferret) => ferret.shutdown('exit'));
    void Promise.all(closed).then((reports) => {
      if (reports.some(({ complete }) => !complete)) exitWithoutStore(isAlone);
    });
  };

  readonly #onUncaughtException = (): void => {
    this.#hasUncaughtException = true;
    setImmediate(() => {
      this.#hasUncaughtException = false;
    }).unref();
  };

  readonly #onExit = (): void => {
    for (const ferret of this.#ferrets) {
      try {
        ferret.exit(this.#hasUncaughtException ? 'uncaughtException' : 'exit');
      } catch {
        // `process.exit()` was called with a full stack. An exception here would keep the application's own listeners
        // from being called.
      }
    }
  };

  readonly #onSignal = asOurs((name: NodeJS.Signals): void => {
    const signal = name as EndSignal;
    // Ferret's listener is removed before the application's listeners run: some libraries (signal-exit) end the
    // process only if they alone listen.
    this.#unlisten([signal]);
    const ferrets = [...this.#ferrets].filter((ferret) => !IS_SANDBOXED || ferret.stats().pending > 0);
    for (const ferret of ferrets) ferret.saveCopies(signal);
    if (IS_INIT || isHeardByOthers(signal)) this.#stepAside(signal, ferrets);
    else if (IS_SANDBOXED) this.#raise(signal, ferrets);
    else void this.#end(signal, ferrets);
  });

  #stepAside(signal: EndSignal, ferrets: readonly Drainable[]): void {
    for (const ferret of ferrets) void ferret.flush();
    setImmediate(() => {
      for (const ferret of ferrets) ferret.discardCopies();
      this.#listen([signal]);
    });
  }

  async #end(signal: EndSignal, ferrets: readonly Drainable[]): Promise<void> {
    this.#isEnding = true;
    this.#unlisten(END_SIGNALS);
    await Promise.all(ferrets.map((ferret) => ferret.shutdown(signal)));
    // Ferrets that were made during the shutdown.
    for (const ferret of this.#ferrets) ferret.saveCopies(signal);
    this.#raise(signal, ferrets);
  }

  /** Raises a signal that only Ferret listened to. */
  #raise(signal: EndSignal, ferrets: readonly Drainable[]): void {
    try {
      theProcess.kill(theProcess.pid, signal);
    } catch {
      // The call is forbidden, or a test has replaced it: the process lives on, as below.
    }
    // A signal that ends the process does so within the call. This one is ignored or blocked, or somebody listens by
    // now.
    this.#isEnding = false;
    for (const ferret of this.#ferrets) ferret.discardCopies();
    for (const ferret of ferrets) ferret.reopen();
    this.#listen(END_SIGNALS);
  }
}

/**
 * Ends a process whose event loop had run empty, and which a hanging store holds open now. Where the application
 * listens to `beforeExit` as well, it may have begun new work: then the process ends when only work on files is left,
 * as that of the store is.
 */
function exitWithoutStore(isAlone: boolean): void {
  if (isAlone) theProcess.exit();
  setInterval(() => {
    if (theProcess.getActiveResourcesInfo().every((name) => name.startsWith('FSReq'))) theProcess.exit();
  }, IDLE_CHECK_MILLIS).unref();
}

/** Kept on the process, because Jest runs many test files in one, and each would add listeners of its own. */
export const shutdownHooks = processWide('shutdown', () => new ShutdownHooks(), theProcess);
