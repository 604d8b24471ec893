import type { AttributeRecorder } from '../attributes/attribute-recorder.js';
import { hasStackLeft } from '../stack-room.js';
import type { SpanData } from './span-data.js';

/**
 * Keeps an exception among the attributes of a span, without a verdict on the span, and returns its class name.
 * Attribute names: OpenTelemetry semantic conventions, "Exceptions".
 */
export function recordException(data: SpanData, attributes: AttributeRecorder, error: unknown): string {
  let type = 'unknown';
  try {
    // A stack that has overflowed is full where its error is caught, too.
    if (error instanceof RangeError && !hasStackLeft()) return 'RangeError';
    type = attributes.text(className(error));
    attributes.set(data, 'exception.type', type);
    attributes.set(data, 'exception.message', error instanceof Error ? error.message : error);
    if (error instanceof Error) attributes.set(data, 'exception.stacktrace', error.stack);
  } catch {
    // A proxy or a getter that throws: what could be read before is kept.
  }
  return type;
}

/** Marks a span as failed by an error, and keeps the error. */
export function recordFailure(data: SpanData, attributes: AttributeRecorder, error: unknown): void {
  data.outcome = 'error';
  data.errorType = 'unknown';
  data.errorType = recordException(data, attributes, error);
}

function className(error: unknown): string {
  if (!(error instanceof Error)) return error === null ? 'null' : typeof error;
  // Most subclasses leave `name` at "Error"; the constructor knows better.
  return error.name === 'Error' ? error.constructor.name || 'Error' : error.name;
}
