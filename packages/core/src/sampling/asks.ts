import type { SpanData } from '../trace/span-data.js';

/** The attribute of a span that asks to keep its trace. */
export const KEEP_ATTRIBUTE = 'ferret.keep';

/** Whether a span asks to keep its trace. */
export function asks(span: SpanData): boolean {
  return span.count > 0 && span.values[KEEP_ATTRIBUTE] === true;
}
