/** `+12 %`, `-3.4 %`: a change, as a part of 1. */
export function formatChange(part: number): string {
  if (!Number.isFinite(part)) return 'new';
  const percent = part * 100;
  const digits = Math.abs(percent) >= 9.95 ? 0 : 1;
  const text = `${percent.toFixed(digits)} %`;
  return percent > 0 ? `+${text}` : text;
}

/** `1.25 %`: a share of 1, in three digits. */
export function formatShare(share: number): string {
  if (share === 0) return '0 %';
  const percent = share * 100;
  if (percent < 0.01) return '<0.01 %';
  return `${percent.toFixed(percent >= 9.995 ? 1 : 2)} %`;
}
