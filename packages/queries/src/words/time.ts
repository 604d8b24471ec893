/** `2026-01-31 14:03:22`, in the time zone of the reader. Takes microseconds since the epoch, or an ISO time. */
export function formatTime(time: number | string): string {
  const at = new Date(typeof time === 'string' ? time : time / 1_000);
  const pad = (value: number) => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${date} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** `2026-01-31T14:03:22.123Z`, for machines. Takes microseconds since the epoch. */
export function formatIsoTime(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}

/** Microseconds since the epoch of an ISO time. */
export function microsOf(isoTime: string): number {
  return Date.parse(isoTime) * 1_000;
}
