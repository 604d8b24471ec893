/** Something the operator should know; never an error thrown at the application. */
export interface Diagnostic {
  /** Stable, and what repeated diagnostics are grouped by: at most one a minute for each code. */
  readonly code: DiagnosticCode;
  /** What happened, and what to do about it. */
  readonly message: string;
  /** The error underneath, if there is one. */
  readonly cause?: unknown;
  /** How many of the same code were held back since the last one. */
  readonly suppressed: number;
}

export type DiagnosticCode =
  /** Spans are dropped because the store cannot keep up. */
  | 'QUEUE_FULL'
  /** The store is busy, locked or full; the batch is kept and tried again. */
  | 'STORE_UNAVAILABLE'
  /** A batch could not be stored and is lost. */
  | 'WRITE_FAILED'
  /** A damaged file was moved aside. */
  | 'FILE_MOVED_ASIDE'
  /** The file was removed or replaced while it was open; a new one was begun. */
  | 'FILE_REPLACED'
  /** Spans could not be spilled, or a spill file could not be taken in. */
  | 'SPILL_FAILED'
  /** A piece of a spill file was torn off or damaged; what was whole has been taken in. */
  | 'SPILL_DAMAGED'
  /** What is too old or too much could not be deleted. */
  | 'RETENTION_FAILED'
  /** `close()` met its deadline before everything was stored. */
  | 'CLOSE_TIMED_OUT'
  /** A function the application gave (ignore, redactor, naming) threw, or Ferret did while it looked at a request. */
  | 'HOOK_FAILED';

export type OnDiagnostic = (diagnostic: Diagnostic) => void;

/** Reports one diagnostic. Never throws. */
export type Report = (code: DiagnosticCode, message: string, cause?: unknown) => void;

const QUIET_MILLIS = 60_000;

/**
 * At most one report a minute for each code reaches `onDiagnostic`; what that throws goes nowhere.
 *
 * @param safe takes secrets out of a message
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
      // It may well send it somewhere; that this fails is no reason to end the process.
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // There is nobody left to tell.
    }
  };
}
