/** A queue, or a worker, which is one as well. */
export interface Queue {
  readonly name?: unknown;
  readonly opts?: { readonly telemetry?: unknown };
}

/**
 * A piece of BullMQ's work.
 *
 * @param span where it notes attributes and events; `undefined` without telemetry
 * @param metadata a text that goes with a job from who adds it to who processes it
 */
export type Traced = (span: TelemetrySpan | undefined, metadata: string | undefined) => Promise<unknown>;

/** The part of BullMQ's interface of a span that its work calls. */
export interface TelemetrySpan {
  setAttribute(key: string, value: unknown): void;
  setAttributes(attributes: Readonly<Record<string, unknown>>): void;
  addEvent(name: string): void;
  recordException(exception: unknown): void;
}

const KEPT = new Set(['bullmq.job.name', 'bullmq.job.attempts.made']);

/** Attributes of BullMQ that are kept. Others have ids, results and options in them. */
export function keptOf(attributes: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const kept: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (KEPT.has(key) && (typeof value === 'string' || typeof value === 'number')) kept[key] = value;
  }
  return kept;
}

export function destinationOf({ name }: Queue): { readonly system: string; readonly name: string | undefined } {
  return { system: 'bullmq', name: typeof name === 'string' ? name : undefined };
}
