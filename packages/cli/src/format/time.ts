/** `2026-01-31 14:03:22`, in the time zone of who reads it. */
export function formatTime(micros: number): string {
  const at = new Date(micros / 1_000);
  const pad = (value: number) => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${date} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** `2026-01-31T14:03:22.123Z`, for machines. */
export function formatIsoTime(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}
