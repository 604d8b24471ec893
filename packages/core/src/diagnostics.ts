/** A problem that the operator should know about. Ferret reports it and never throws it into the application. */
export interface Diagnostic {
  /** Stable. Diagnostics are limited by their code: at most one a minute for each. */
  readonly code: DiagnosticCode;
  /** The event, and the remedy. */
  readonly message: string;
  /** The underlying error, if there is one. */
  readonly cause?: unknown;
  /** Number of diagnostics of the same code that were held back since the last one. */
  readonly suppressed: number;
}

/** Every code that a {@link Diagnostic} can carry. Codes are stable; messages may be reworded. */
export type DiagnosticCode =
  /** Spans are dropped because the store cannot keep up. */
  | 'QUEUE_FULL'
  /** The store is busy, locked or full; the batch is kept and the write is tried again. */
  | 'STORE_UNAVAILABLE'
  /** A batch could not be stored and is lost. */
  | 'WRITE_FAILED'
  /** A damaged file was moved aside. */
  | 'FILE_MOVED_ASIDE'
  /** The file was removed or replaced while it was open; a new one was begun. */
  | 'FILE_REPLACED'
  /** The file belongs to another user, or others may read or change it, and Ferret cannot correct that. */
  | 'FILE_NOT_PRIVATE'
  /** Spans could not be written to a spill file, or a spill file could not be stored. */
  | 'SPILL_FAILED'
  /** Part of a spill file is torn off or damaged; its undamaged lines have been stored. */
  | 'SPILL_DAMAGED'
  /** Data beyond the limits of age or size could not be deleted. */
  | 'RETENTION_FAILED'
  /** The deadline of `close()` passed before everything was stored. */
  | 'CLOSE_TIMED_OUT'
  /** Spans were started after `close()`: they are counted, not recorded. */
  | 'CLOSED'
  /** An application began to use the default Ferret after it was closed; a new one has replaced it. */
  | 'DEFAULT_REPLACED'
  /** Many instances in this process write to one file. */
  | 'MANY_INSTANCES'
  /** The application is set up in a way that prevents recording its requests. */
  | 'NOT_TRACED'
  /** A decorator is in a place where it has no effect. */
  | 'DECORATOR_IGNORED'
  /**
   * A function of the application (ignore, redactor, naming) threw, or Ferret itself did while inspecting a request.
   */
  | 'HOOK_FAILED'
  /** Settings of the application have no effect on the framework, because Ferret was mounted before they were made. */
  | 'SETTINGS_IGNORED';

/** Receives diagnostics. An error that it throws, or a promise of it that rejects, is ignored. */
export type OnDiagnostic = (diagnostic: Diagnostic) => void;

/** Reports one diagnostic. Never throws. */
export type Report = (code: DiagnosticCode, message: string, cause?: unknown) => void;

const QUIET_MILLIS = 60_000;

/**
 * Limits reports to one a minute for each code, and passes them to `onDiagnostic`. Ignores the errors of
 * `onDiagnostic`.
 *
 * @param safe removes secrets from a message
 * @param now a monotonic clock in milliseconds
 */
export function createReport(
  onDiagnostic: OnDiagnostic,
  safe: (text: string) => string = (text) => text,
  now: () => number = () => performance.now(),
): Report {
  const last = new Map<DiagnosticCode, { at: number; suppressed: number }>();
  return (code, message, cause) => {
    const previous = last.get(code);
    const at = now();
    if (previous !== undefined && at - previous.at < QUIET_MILLIS) {
      previous.suppressed++;
      return;
    }
    last.set(code, { at, suppressed: 0 });
    try {
      const result: unknown = onDiagnostic({
        code,
        message: safe(message),
        cause,
        suppressed: previous?.suppressed ?? 0,
      });
      // An asynchronous `onDiagnostic` is tolerated: its unhandled rejection would end the process.
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // A failing `onDiagnostic` cannot be reported: it is where reports go.
    }
  };
}
