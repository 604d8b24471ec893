import type { ReadableSpan, TimedEvent } from './readable-span.js';

/**
 * The exception of a span: OpenTelemetry keeps exceptions as events, Ferret keeps one as attributes. Of several, the
 * last is the one that the work failed with.
 */
export function exceptionOf({ events }: ReadableSpan): TimedEvent | undefined {
  return events.findLast(({ name }) => name === 'exception');
}

/** The class of an exception; `undefined` where it is not known. */
export function exceptionType(exception: TimedEvent | undefined): string | undefined {
  const type = exception?.attributes?.['exception.type'];
  return typeof type === 'string' && type !== '' ? type : undefined;
}
