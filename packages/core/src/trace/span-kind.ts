import type { SpanKind } from './span.js';

/** Every kind: it does not compile where one is missing. */
const KINDS: Readonly<Record<SpanKind, true>> = {
  internal: true,
  server: true,
  client: true,
  producer: true,
  consumer: true,
};

const KNOWN = new Map<unknown, SpanKind>(Object.keys(KINDS).map((kind) => [kind, kind as SpanKind]));

/**
 * Returns the kind, or `internal` for anything else. Code without types may give the numbers or the capitals of
 * OpenTelemetry, and a store that does not know a kind would refuse all that comes with the span.
 */
export function toKind(given: unknown): SpanKind {
  // Nearly all spans that name a kind; looking in the map is a tenth of what a span costs.
  if (given === 'client' || given === 'internal') return given;
  return KNOWN.get(given) ?? 'internal';
}
