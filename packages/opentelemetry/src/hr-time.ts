import type { HrTime } from '@opentelemetry/api';

/** Microseconds of a time of OpenTelemetry's, which is seconds and nanoseconds. */
export function microsOf([seconds, nanos]: HrTime): number {
  return seconds * 1e6 + Math.round(nanos / 1e3);
}

/** Milliseconds of the same, with fractions. */
export function millisOf([seconds, nanos]: HrTime): number {
  return seconds * 1e3 + nanos / 1e6;
}

/** Nanoseconds of a duration. */
export function nanosOf([seconds, nanos]: HrTime): number {
  return seconds * 1e9 + nanos;
}
