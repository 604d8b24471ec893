/**
 * Signals that other processes send to end a process, and that end it by default: without a listener that takes them.
 *
 * Not among them: SIGKILL, which cannot be caught; SIGUSR1 and SIGPROF, which Node and V8 use; SIGPIPE and SIGXFSZ,
 * which Node ignores; and what says that the program itself has failed, or shall leave a core dump now (SIGABRT,
 * SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS): to go on from there, or to wait for an event loop that may hang,
 * would be wrong.
 */
const SIGNALS = {
  win32: ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK'],
  posix: ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGXCPU'],
  // Linux alone: other systems ignore SIGIO by default, and lack the other two.
  linux: ['SIGIO', 'SIGPWR', 'SIGSTKFLT'],
} as const;

export type EndSignal = (typeof SIGNALS)[keyof typeof SIGNALS][number];

/** The signals of this system that end a process by default. */
export const END_SIGNALS: readonly EndSignal[] =
  process.platform === 'win32'
    ? SIGNALS.win32
    : [...SIGNALS.posix, ...(process.platform === 'linux' ? SIGNALS.linux : [])];

/**
 * The reason why a process stopped recording. `close`: `close()` was called. `exit`: the event loop ran empty, or
 * `process.exit()` was called. A signal, by its name. `uncaughtException`: an exception was not caught. `crashed`: the
 * process left no word of its end, and another process has found it dead.
 */
export type EndReason = 'close' | 'exit' | EndSignal | 'uncaughtException' | 'crashed';
