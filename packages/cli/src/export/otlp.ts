import type { StoredSpan } from '@ferretjs/core/reader';
import { safeJson } from '../format/json.js';
import { inBatches } from './batches.js';
import { byProcess } from './by-process.js';
import { toAnyValue, toKeyValues } from './otlp-value.js';
import { type ExportSource, processesByKey, type RunProcess } from './source.js';

/** `Span.SpanKind` of opentelemetry/proto/trace/v1/trace.proto. */
const KIND: Readonly<Record<StoredSpan['kind'], number>> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};

/** `Status.StatusCode`. */
const STATUS_UNSET = 0;
const STATUS_ERROR = 2;

/** `SpanFlags`: W3C "sampled", and whether the parent is known to be of another process. */
const FLAG_SAMPLED = 0x1;
const FLAG_HAS_IS_REMOTE = 0x100;
const FLAG_IS_REMOTE = 0x200;

const SCOPE = { name: '@ferretjs/core' };

/** Counted by the protocol in fields of their own. */
const DROPPED_ATTRIBUTES = 'ferret.dropped_attributes';
const DROPPED_LINKS = 'ferret.dropped_links';
const DROPPED_EVENTS = 'ferret.dropped_events';

const BATCH_SIZE = 256;

/**
 * OTLP/JSON lines, a `TracesData` each (https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/), fields by
 * the JSON mapping of https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hex, 64-bit integers as
 * text, enums as numbers.
 */
export async function* exportOtlp(spans: AsyncIterable<StoredSpan>, { runs }: ExportSource): AsyncGenerator<string> {
  const processes = processesByKey(runs);
  const resources = new Map<string, object>();
  const resourceOf = (processKey: string) => {
    const resource = resources.get(processKey) ?? toResource(processes.get(processKey));
    resources.set(processKey, resource);
    return resource;
  };
  for await (const batch of inBatches(spans, BATCH_SIZE)) {
    const resourceSpans = [...byProcess(batch)].map(([processKey, group]) => ({
      resource: resourceOf(processKey),
      scopeSpans: [{ scope: SCOPE, spans: group.map(toOtlpSpan) }],
    }));
    yield `${safeJson({ resourceSpans })}\n`;
  }
}

function toOtlpSpan(span: StoredSpan): object {
  const { [DROPPED_LINKS]: droppedLinks, [DROPPED_EVENTS]: droppedEvents, ...attributes } = span.attributes;
  const { attributes: own, droppedAttributesCount } = toAttributes(attributes);
  const isRemote = span.isLocalRoot && span.parentId !== undefined;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId !== undefined && { parentSpanId: span.parentId }),
    flags: FLAG_SAMPLED | FLAG_HAS_IS_REMOTE | (isRemote ? FLAG_IS_REMOTE : 0),
    name: span.name,
    kind: KIND[span.kind],
    startTimeUnixNano: unixNanos(span.startMicros, 0),
    endTimeUnixNano: unixNanos(span.startMicros, span.durationNanos),
    attributes: [...own, { key: 'ferret.outcome', value: toAnyValue(span.outcome) }],
    droppedAttributesCount,
    ...(span.events !== undefined && { events: span.events.map(toOtlpEvent) }),
    ...(droppedEvents !== undefined && { droppedEventsCount: toCount(droppedEvents) }),
    ...(span.links !== undefined && { links: span.links.map(toOtlpLink) }),
    ...(droppedLinks !== undefined && { droppedLinksCount: toCount(droppedLinks) }),
    status: toStatus(span),
  };
}

/** `Span.Link`. */
function toOtlpLink({
  traceId,
  spanId,
  tracestate,
  flags,
  attributes,
}: NonNullable<StoredSpan['links']>[number]): object {
  return {
    traceId,
    spanId,
    ...(tracestate !== undefined && { traceState: tracestate }),
    ...(flags !== undefined && { flags }),
    ...toAttributes(attributes),
  };
}

/** `Span.Event`. */
function toOtlpEvent({ name, timeMicros, attributes }: NonNullable<StoredSpan['events']>[number]): object {
  return { timeUnixNano: unixNanos(timeMicros, 0), name, ...toAttributes(attributes) };
}

function toAttributes(attributes: Readonly<Record<string, unknown>> = {}) {
  const { [DROPPED_ATTRIBUTES]: dropped = 0, ...kept } = attributes;
  return { attributes: toKeyValues(kept), droppedAttributesCount: toCount(dropped) };
}

/** The protocol's `uint32`. An application may have given an attribute of that name another value. */
function toCount(value: unknown): number {
  const count = Number(value);
  return Number.isInteger(count) && count >= 0 && count < 2 ** 32 ? count : 0;
}

/**
 * Only `error` is one: a client that goes away, or a process that ends, says nothing of the operation. `ferret.outcome`
 * keeps the difference.
 */
function toStatus({ outcome, attributes }: StoredSpan): object {
  if (outcome !== 'error') {
    return { code: STATUS_UNSET };
  }
  const message = attributes['exception.message'];
  return { code: STATUS_ERROR, ...(typeof message === 'string' && { message }) };
}

/**
 * Nanoseconds since the epoch as decimal text: they are more than a number holds exactly. The field is unsigned, and a
 * receiver refuses the whole line for one negative time. So a time before the epoch is 0, which means unknown.
 */
function unixNanos(startMicros: number, durationNanos: number): string {
  const wholeMicros = Math.floor(durationNanos / 1_000);
  if (startMicros + wholeMicros <= 0) return '0';
  return `${startMicros + wholeMicros}${String(durationNanos - wholeMicros * 1_000).padStart(3, '0')}`;
}

/**
 * Attributes by OpenTelemetry's conventions for services, processes and hosts. What the application said itself wins.
 */
function toResource(found: RunProcess | undefined): object {
  if (found === undefined) {
    return { attributes: [], droppedAttributesCount: 0 };
  }
  const { run, process } = found;
  const attributes = {
    'service.name': run.service,
    'service.instance.id': process.processKey,
    'host.name': process.hostname,
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.nodeVersion,
    'thread.id': process.threadId,
    'thread.name': process.threadName,
    'ferret.run.id': run.runId,
    ...run.resource,
  };
  return { attributes: toKeyValues(attributes), droppedAttributesCount: 0 };
}
