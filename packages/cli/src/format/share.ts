/** `1.25 %`: a share of 1 in three digits, for shares of which small ones matter. */
export function formatShare(share: number): string {
  if (share === 0) return '0 %';
  const percent = share * 100;
  if (percent < 0.01) return '<0.01 %';
  return `${percent.toFixed(percent >= 9.995 ? 1 : 2)} %`;
}
