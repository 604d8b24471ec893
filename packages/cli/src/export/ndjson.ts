import type { StoredSpan } from '@ferretjs/core/reader';
import { safeJson } from '../format/json.js';

/** A JSON object a line and a span, its fields named as in the reader; what a span does not have is left out. */
export async function* exportNdjson(spans: AsyncIterable<StoredSpan>): AsyncGenerator<string> {
  for await (const span of spans) {
    yield `${safeJson(span)}\n`;
  }
}
