import type { SpanStatus } from '@opentelemetry/api';

/** A list that the application gives; an empty one for what is none. Never throws, but with the stack full. */
export function listOf<Item>(given: readonly Item[] | undefined): readonly Item[] {
  try {
    return Array.isArray(given) ? [...given] : [];
  } catch {
    return []; // A proxy that throws.
  }
}

/** The status that the application gives; without a code for what is none. Never throws, but with the stack full. */
export function statusOf(given: SpanStatus): Partial<SpanStatus> {
  try {
    const { code, message } = given;
    return { code, ...(typeof message === 'string' && { message }) };
  } catch {
    return {}; // No object, or a proxy or a getter that throws.
  }
}
