import type { HrTime, TimeInput } from '@opentelemetry/api';

/** A time as the application gives it, in milliseconds since the epoch; `undefined` where it gives none. */
export function millisOfInput(input: TimeInput | undefined): number | undefined {
  try {
    if (typeof input === 'number') return Number.isFinite(input) ? wallClock(input) : undefined;
    if (input instanceof Date) return Number.isNaN(input.getTime()) ? undefined : input.getTime();
    return isHrTime(input) ? input[0] * 1e3 + input[1] / 1e6 : undefined;
  } catch {
    return undefined; // A proxy or a method that throws.
  }
}

/** OpenTelemetry takes a small number for a reading of `performance.now()`. */
function wallClock(millis: number): number {
  return millis <= performance.now() ? performance.timeOrigin + millis : millis;
}

export function isHrTime(input: unknown): input is HrTime {
  return Array.isArray(input) && input.length === 2 && Number.isFinite(input[0]) && Number.isFinite(input[1]);
}

export function isTimeInput(input: unknown): input is TimeInput {
  try {
    return typeof input === 'number' || input instanceof Date || isHrTime(input);
  } catch {
    return false; // A proxy that throws.
  }
}

/** Now, in milliseconds since the epoch, with fractions. */
export function nowMillis(): number {
  return performance.timeOrigin + performance.now();
}

export function hrTimeOf(millis: number): HrTime {
  const seconds = Math.trunc(millis / 1e3);
  return [seconds, Math.round((millis - seconds * 1e3) * 1e6)];
}
