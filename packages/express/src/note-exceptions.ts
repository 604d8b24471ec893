import { exceptionThrown, notesOf } from '@ferretjs/core/adapter';
import type { ExpressRequest } from './express-types.js';
import { createTrail } from './trail.js';

/**
 * Makes the span of a request hear of the errors that Express passes on, as the option `recordExceptions` asks. For
 * spans that begin before Express has the request. Never throws.
 */
export function noteExceptions(request: ExpressRequest): void {
  const notes = notesOf(request);
  if (notes === undefined || notes.note !== undefined) return;
  notes.note = createTrail(request, (error) => exceptionThrown(request, error));
}
