import { debuglog, inspect } from 'node:util';
import { createReport, type OnDiagnostic, type Report } from '../diagnostics.js';

const debug = debuglog('ferret');

/**
 * Makes reports that reach the operator: `onDiagnostic`, by default a warning of the process, and `NODE_DEBUG=ferret`.
 * Each has its own limit of one a minute for each code, so that one store's trouble does not hide another's.
 *
 * @param safe takes secrets out of a text: a connection's URL may be in the message of an error
 */
export function createReporting(onDiagnostic: OnDiagnostic | undefined, safe: (text: string) => string) {
  const listener = withDebug(onDiagnostic ?? warn, safe);
  return {
    report: createReport(listener, safe),
    /** Reports of one part, which its messages name. */
    reportOf: (part: string): Report => {
      const report = createReport(listener, safe);
      return (code, message, cause) => report(code, `${part}: ${message}`, cause);
    },
  };
}

const warn: OnDiagnostic = ({ code, message, suppressed }) => {
  const more = suppressed === 0 ? '' : ` (and ${suppressed} more like it in the last minute)`;
  process.emitWarning(message + more, { type: 'FerretWarning', code: `FERRET_${code}` });
};

/** `NODE_DEBUG=ferret` shows every diagnostic with its cause. */
function withDebug(onDiagnostic: OnDiagnostic, safe: (text: string) => string): OnDiagnostic {
  return (diagnostic) => {
    if (debug.enabled) debug('%s: %s %s', diagnostic.code, diagnostic.message, safe(inspect(diagnostic.cause)));
    return onDiagnostic(diagnostic);
  };
}
