import { types } from 'node:util';
import type { AttributeBag, AttributeRecorder } from '../attributes/attribute-recorder.js';
import type { Attributes } from '../attributes/attribute-value.js';
import { owned } from '../owned-text.js';
import { nowMicros } from './clock.js';
import type { LinkedSpan, SpanEvent, SpanLink } from './span.js';
import { isSpanId, isTraceId, parseTracestate } from './trace-context.js';

/** Links and events that a span may have of each. Those beyond are left out and counted. */
const MAX_LINKS = 32;
const MAX_EVENTS = 32;

/** Attributes of a span that say how many links and events were left out. */
export const DROPPED_LINKS = 'ferret.dropped_links';
export const DROPPED_EVENTS = 'ferret.dropped_events';

/** `SpanFlags` of opentelemetry/proto/trace/v1/trace.proto. */
const TRACE_FLAGS = 0xff;
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/**
 * Links and events of a span. Few spans have any, so this is made for the first of them: all other spans cost nothing.
 */
export class LinksAndEvents {
  links: SpanLink[] | undefined = undefined;
  events: SpanEvent[] | undefined = undefined;
  #droppedLinks = 0;
  #droppedEvents = 0;

  /** Never throws, but with the stack full. */
  addLink(bag: AttributeBag, recorder: AttributeRecorder, linked: LinkedSpan): void {
    const count = this.links?.length ?? 0;
    const link = count < MAX_LINKS ? toLink(bag, recorder, linked) : undefined;
    if (link === undefined) this.#droppedLinks++;
    else if (this.links === undefined) this.links = [link];
    else this.links.push(link);
  }

  /** @param name As it is to be stored. */
  addEvent(
    bag: AttributeBag,
    recorder: AttributeRecorder,
    name: string,
    attributes: Attributes | undefined,
    time: Date | number | undefined,
  ): void {
    const count = this.events?.length ?? 0;
    const part = count < MAX_EVENTS ? recorder.part(bag, name.length, attributes) : undefined;
    if (part === undefined) {
      this.#droppedEvents++;
      return;
    }
    const event = { name, timeMicros: microsOf(time), ...attributesOf(part) };
    if (this.events === undefined) this.events = [event];
    else this.events.push(event);
  }

  /** Counts links and events that were left out before they came here. */
  leaveOut(links: number, events: number): void {
    this.#droppedLinks += links;
    this.#droppedEvents += events;
  }

  /** Says in the attributes of the span how many were left out. */
  describeDropped({ values }: AttributeBag): void {
    if (this.#droppedLinks > 0) values[DROPPED_LINKS] = this.#droppedLinks;
    if (this.#droppedEvents > 0) values[DROPPED_EVENTS] = this.#droppedEvents;
  }
}

/** @returns `undefined` for what names no span, or finds no room. */
function toLink(bag: AttributeBag, recorder: AttributeRecorder, linked: LinkedSpan): SpanLink | undefined {
  let read: LinkedSpan;
  try {
    const { traceId, spanId, tracestate, flags, isRemote, attributes } = linked;
    read = { traceId, spanId, tracestate, flags, isRemote, attributes };
  } catch {
    return undefined; // A proxy or a getter that throws.
  }
  const { traceId, spanId } = read;
  if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined;
  const tracestate = tracestateOf(read, recorder);
  const part = recorder.part(bag, traceId.length + spanId.length + (tracestate?.length ?? 0), read.attributes);
  if (part === undefined) return undefined;
  const flags = flagsOf(read);
  return {
    traceId: owned(traceId),
    spanId: owned(spanId),
    ...(tracestate !== undefined && { tracestate }),
    ...(flags !== undefined && { flags }),
    ...attributesOf(part),
  };
}

/** @returns `undefined` for a tracestate with a secret in it: redacted, it would tell its vendor something else. */
function tracestateOf({ tracestate }: LinkedSpan, recorder: AttributeRecorder): string | undefined {
  const wellFormed = typeof tracestate === 'string' ? parseTracestate(tracestate) : undefined;
  return wellFormed === undefined || recorder.hasSecret(wellFormed) ? undefined : wellFormed;
}

function flagsOf({ flags, isRemote }: LinkedSpan): number | undefined {
  const remote = typeof isRemote === 'boolean' ? HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0) : 0;
  if (Number.isInteger(flags)) return ((flags as number) & TRACE_FLAGS) | remote;
  return remote === 0 ? undefined : remote;
}

function attributesOf({ values }: AttributeBag): Pick<SpanEvent, 'attributes'> {
  for (const _ in values) return { attributes: values };
  return {};
}

/** `Date`'s own: that of a subclass may throw. */
const { getTime } = Date.prototype;

/** A time that is none, or is too far away to be stored, is now. */
function microsOf(time: Date | number | undefined): number {
  if (time === undefined) return nowMicros();
  const micros = Math.round(
    (types.isDate(time) ? getTime.call(time) : typeof time === 'number' ? time : Number.NaN) * 1_000,
  );
  return Number.isSafeInteger(micros) ? micros : nowMicros();
}
