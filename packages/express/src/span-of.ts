import type { IncomingMessage } from 'node:http';
import type { Span } from '@ferretjs/core';
import * as http from '@ferretjs/core/adapter';

/**
 * Returns the span of a request, for code that runs outside of its async context (some body parsers and callback
 * libraries lose it). In all other code `currentSpan()` returns the same span.
 *
 * @returns `undefined` if the request is not recorded
 * @example
 * upload.single('file')(request, response, () => spanOf(request)?.annotate({ 'file.size': request.file.size }));
 */
export function spanOf(request: IncomingMessage): Span | undefined {
  return http.spanOf(request);
}
