import type { ReadableSpan, TimedEvent } from './readable-span.js';

/** The name of the event that an exception is. */
export const EXCEPTION = 'exception';

/**
 * The exception of a span: OpenTelemetry keeps exceptions as events, Ferret keeps one as attributes. Of several, the
 * last is the one that the work failed with.
 */
export function exceptionOf({ events }: ReadableSpan): TimedEvent | undefined {
  return events.findLast(({ name }) => name === EXCEPTION);
}

/** The class of an exception; `undefined` where it is not known. */
export function exceptionType(exception: TimedEvent | undefined): string | undefined {
  const type = exception?.attributes?.['exception.type'];
  return typeof type === 'string' && type !== '' ? type : undefined;
}

/** The attributes of an exception's event. The type is the class, as in Ferret's own spans. Never throws. */
export function exceptionAttributes(exception: unknown): Record<string, string> {
  const attributes: Record<string, string> = {};
  try {
    if (typeof exception !== 'object' || exception === null) {
      return exception === undefined || exception === null ? {} : { 'exception.message': String(exception) };
    }
    const { name, message, stack } = exception as Partial<Error>;
    const type = name === 'Error' || name === undefined ? exception.constructor?.name : name;
    if (typeof type === 'string') attributes['exception.type'] = type;
    if (typeof message === 'string') attributes['exception.message'] = message;
    if (typeof stack === 'string') attributes['exception.stacktrace'] = stack;
  } catch {
    // A proxy or a getter that throws: what could be read before is kept.
  }
  return attributes;
}
