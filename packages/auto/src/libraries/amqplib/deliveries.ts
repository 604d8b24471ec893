import type { Span } from '@ferretjs/core';
import { failProcessAs } from '../../messaging/message-span.js';

/** Open spans of one channel. A consumer without `prefetch` may be sent a whole queue before it acknowledges. */
const MAX_OPEN = 1_000;

/** By channel, the spans of messages that are not acknowledged yet, by their delivery tags: these grow. */
const open = new WeakMap<object, Map<number, Span>>();

/** Keeps a span open until its message is acknowledged. Beyond 1,000 of a channel, the oldest one ends. */
export function addDelivery(channel: object, tag: number, span: Span): void {
  const spans = open.get(channel) ?? new Map<number, Span>();
  open.set(channel, spans);
  spans.set(tag, span);
  if (spans.size <= MAX_OPEN) return;
  const [oldest] = spans;
  if (oldest === undefined) return;
  spans.delete(oldest[0]);
  oldest[1].end();
}

/** Takes out the span of one message. */
export function takeDelivery(channel: object, tag: number): Span | undefined {
  const spans = open.get(channel);
  const span = spans?.get(tag);
  spans?.delete(tag);
  return span;
}

/** Takes out the spans of all messages up to one; of all that there are for the tag 0. */
export function takeDeliveriesUpTo(channel: object, tag: number): readonly Span[] {
  const spans = open.get(channel);
  if (spans === undefined) return [];
  const taken = [...spans].filter(([each]) => tag === 0 || each <= tag);
  for (const [each] of taken) spans.delete(each);
  return taken.map(([, span]) => span);
}

/** Ends the spans of a channel that closes: the server delivers their messages once more, to somebody else. */
export function endOpenDeliveries(channel: object): void {
  for (const span of takeDeliveriesUpTo(channel, 0)) failProcessAs(span, 'channel_closed');
}
