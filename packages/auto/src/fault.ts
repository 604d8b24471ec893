import { existingFerret } from '@ferretjs/core/adapter';

/** Parts that have been reported before there was a Ferret. There are only as many as instrumentations have. */
const reported = new Set<string>();

/**
 * Tells the operator that an instrumentation has failed; the library's work goes on. Each part is reported at most once
 * a minute, and once as a warning of the process where no Ferret has been made: to make one here would take the place
 * of the application's own. Never throws.
 *
 * @param what the part that has failed, such as `the hook of pg`
 */
export function reportFault(what: string, error: unknown): void {
  try {
    const message = `Ferret failed in ${what}: ${describe(error)}`;
    const ferret = existingFerret();
    if (ferret !== undefined) {
      ferret.report('HOOK_FAILED', message, error);
    } else if (!reported.has(what)) {
      reported.add(what);
      process.emitWarning(message, { type: 'FerretWarning', code: 'FERRET_HOOK_FAILED' });
    }
  } catch {
    // A Ferret of another version, which cannot report.
  }
}

function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'an error that cannot be read';
  }
}
