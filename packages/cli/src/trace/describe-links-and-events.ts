import type { StoredSpan } from '@ferretjs/core/reader';
import type { FoldedNode } from '@ferretjs/queries';
import { countOf, escapeControls, formatDuration } from '@ferretjs/queries/words';
import { describeAttributes } from '../format/attributes.js';
import { displayName } from '../format/name.js';

/** Links, and events, of a span that have a line of their own. */
const SHOWN = 8;

/**
 * A line for each link and event of a span: `link to trace 4bf92f35..., span 00f067aa...`, `event retry  after 1.20 ms
 * attempt=2`. Repeated siblings say how many they have together.
 */
export function describeLinksAndEvents({ members }: Pick<FoldedNode, 'members'>): string[] {
  const [{ span }, ...others] = members;
  if (others.length === 0)
    return [...linesOf(span.links, toLinkLine, 'link'), ...linesOf(span.events, eventOf(span), 'event')];
  const sum = (field: 'links' | 'events') =>
    members.reduce((count, node) => count + (node.span[field]?.length ?? 0), 0);
  const counts = [countOf(sum('links'), 'link'), countOf(sum('events'), 'event')].filter((text) => !/^0 /.test(text));
  return counts.length === 0 ? [] : [`${counts.join(', ')} in these spans`];
}

function linesOf<Item>(items: readonly Item[] = [], toLine: (item: Item) => string, noun: string): string[] {
  const lines = items.slice(0, SHOWN).map(toLine);
  if (items.length > SHOWN) lines.push(`${countOf(items.length - SHOWN, `more ${noun}`)}, not shown`);
  return lines;
}

function toLinkLine({ traceId, spanId, attributes }: NonNullable<StoredSpan['links']>[number]): string {
  return words(`link to trace ${escapeControls(traceId)}, span ${escapeControls(spanId)}`, attributes);
}

function eventOf({ startMicros }: StoredSpan) {
  return ({ name, timeMicros, attributes }: NonNullable<StoredSpan['events']>[number]): string => {
    const micros = timeMicros - startMicros;
    const when = `${formatDuration(Math.abs(micros) * 1_000)} ${micros < 0 ? 'before the start' : 'after the start'}`;
    return words(`event ${displayName(name)}  ${when}`, attributes);
  };
}

function words(text: string, attributes: Readonly<Record<string, unknown>> = {}): string {
  const described = describeAttributes(attributes);
  return described === '' ? text : `${text}  ${described}`;
}
