/** `+12 %`, `-3.4 %`: a change, as a part of 1. */
export function formatChange(part: number): string {
  // From nothing there is no percentage.
  if (!Number.isFinite(part)) return '+';
  const percent = part * 100;
  const text = `${percent.toFixed(Math.abs(percent) >= 9.95 ? 0 : 1)} %`;
  return percent > 0 ? `+${text}` : text;
}
