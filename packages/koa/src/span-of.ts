import type { Span } from '@ferretjs/core';
import * as http from '@ferretjs/core/adapter';
import type { Context } from 'koa';

/**
 * Returns the span of a request, for code that runs outside of its async context. In all other code `currentSpan()`
 * returns the same span.
 *
 * @returns `undefined` if the request is not recorded
 * @example
 * app.use((ctx) => {
 *   legacyQuery('SELECT 1', (rows) => spanOf(ctx)?.annotate({ 'rows.count': rows.length }));
 * });
 */
export function spanOf(ctx: Pick<Context, 'req'>): Span | undefined {
  return http.spanOf(ctx.req);
}
