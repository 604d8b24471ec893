import { createTraceState, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';

type ReadableSpan = Parameters<typeof JsonTraceSerializer.serializeRequest>[0][number];

/** A row of `ferret_spans_v1`. */
export interface SpanRow {
  trace_id: string;
  span_id: string;
  parent_id: string | null;
  name: string;
  kind: string;
  start_us: number;
  duration_ns: number;
  outcome: string;
  attributes: string;
}

/** A row of `ferret_links_v1`. */
export interface LinkRow {
  trace_id: string;
  span_id: string;
  linked_trace_id: string;
  linked_span_id: string;
  tracestate: string | null;
  flags: number;
  attributes: string;
}

/** A row of `ferret_events_v1`. */
export interface EventRow {
  trace_id: string;
  span_id: string;
  time_us: number;
  name: string;
  attributes: string;
}

export interface Rows {
  readonly rows: readonly SpanRow[];
  readonly links?: readonly LinkRow[];
  readonly events?: readonly EventRow[];
}

/**
 * Rows of the file as OpenTelemetry's own encoder writes them, with what its JavaScript leaves to the reader made
 * strict: it writes 64-bit integers as numbers, where the protocol's JSON mapping has text.
 * @param isRemoteParent whether a row's parent is of another process, which the view does not say.
 */
export function encodeOfficially(
  { rows, links = [], events = [] }: Rows,
  resource: Readonly<Record<string, string | number>>,
  isRemoteParent: (row: SpanRow) => boolean,
): unknown {
  const owner = { attributes: resource } as unknown as ReadableSpan['resource'];
  const encoded = JsonTraceSerializer.serializeRequest(
    rows.map((row) => ({
      ...toReadableSpan(row, owner, isRemoteParent(row)),
      links: links.filter((link) => link.span_id === row.span_id).map(toLink),
      events: events.filter((event) => event.span_id === row.span_id).map(toEvent),
    })),
  );
  return JSON.parse(Buffer.from(encoded ?? []).toString(), (key, value: unknown) =>
    key === 'intValue' ? String(value) : value,
  );
}

function toReadableSpan(row: SpanRow, resource: ReadableSpan['resource'], isRemote: boolean): ReadableSpan {
  const attributes = JSON.parse(row.attributes) as Record<string, string>;
  const context = { traceId: row.trace_id, traceFlags: TraceFlags.SAMPLED };
  const message = attributes['exception.message'];
  return {
    name: row.name,
    kind: SpanKind[row.kind.toUpperCase() as keyof typeof SpanKind],
    spanContext: () => ({ ...context, spanId: row.span_id }),
    ...(row.parent_id !== null && { parentSpanContext: { ...context, spanId: row.parent_id, isRemote } }),
    startTime: toHrTime(BigInt(row.start_us) * 1_000n),
    endTime: toHrTime(BigInt(row.start_us) * 1_000n + BigInt(row.duration_ns)),
    duration: toHrTime(BigInt(row.duration_ns)),
    status:
      row.outcome === 'error'
        ? { code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) }
        : { code: SpanStatusCode.UNSET },
    attributes: { ...attributes, 'ferret.outcome': row.outcome },
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: '@ferretjs/core' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function toLink(row: LinkRow): ReadableSpan['links'][number] {
  return {
    context: {
      traceId: row.linked_trace_id,
      spanId: row.linked_span_id,
      traceFlags: row.flags & 0xff,
      isRemote: (row.flags & 0x200) !== 0,
      ...(row.tracestate !== null && { traceState: createTraceState(row.tracestate) }),
    },
    attributes: JSON.parse(row.attributes) as Record<string, string>,
  };
}

function toEvent(row: EventRow): ReadableSpan['events'][number] {
  return {
    name: row.name,
    time: toHrTime(BigInt(row.time_us) * 1_000n),
    attributes: JSON.parse(row.attributes) as Record<string, string>,
  };
}

function toHrTime(nanos: bigint): [number, number] {
  return [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];
}
