import type { SpanKind } from '@ferretjs/core';

/** The kinds by their numbers in OpenTelemetry's API. */
const KINDS: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];

/** The kind of a number; `internal` for anything else. */
export function kindOf(kind: number | undefined): SpanKind {
  return KINDS[kind ?? 0] ?? 'internal';
}
