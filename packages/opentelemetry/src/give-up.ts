let hasWarned = false;

/** Says once that no span can be recorded: an option of the environment is not accepted. */
export function warnOnce(error: unknown): void {
  if (hasWarned) return;
  hasWarned = true;
  const { message, code } = error as { readonly message?: unknown; readonly code?: unknown };
  process.emitWarning(`No span of OpenTelemetry is recorded. ${message}`, { code: String(code) });
}
