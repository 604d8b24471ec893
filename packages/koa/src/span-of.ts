import type { Span } from '@ferretjs/core';
import * as http from '@ferretjs/core/http';
import type { Context } from 'koa';

/**
 * The span of a request, for code that a library has taken out of the async context. `currentSpan()` is the same span
 * everywhere else.
 *
 * @example
 * app.use((ctx) => {
 *   legacyQuery('SELECT 1', (rows) => spanOf(ctx)?.annotate({ 'rows.count': rows.length }));
 * });
 */
export function spanOf(ctx: Pick<Context, 'req'>): Span | undefined {
  return http.spanOf(ctx.req);
}
