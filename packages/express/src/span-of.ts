import type { IncomingMessage } from 'node:http';
import type { Span } from '@ferretjs/core';
import * as http from '@ferretjs/core/http';

/**
 * The span of a request, for code that a library has taken out of the async context (some body parsers and callback
 * libraries do). `currentSpan()` is the same span everywhere else.
 *
 * @example
 * upload.single('file')(request, response, () => spanOf(request)?.annotate({ 'file.size': request.file.size }));
 */
export function spanOf(request: IncomingMessage): Span | undefined {
  return http.spanOf(request);
}
