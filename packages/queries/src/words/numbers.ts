/** `12,345`. Without `Intl`, whose first use costs a command ten milliseconds. */
export function formatCount(count: number): string {
  return count.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 span`, `12,345 spans` */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/**
 * `12 %`, `1.2 %`, `0.12 %`, `<0.01 %`: a share of 1, in two digits unless told otherwise; never 0 for what is not
 * nothing, nor 100 for what is not all.
 */
export function formatPercent(share: number, digits = 2): string {
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent < 0.01) return '<0.01 %';
  if (percent > 99.9 && percent < 100) return '>99.9 %';
  return `${percent.toFixed(decimalsOf(percent, digits))} %`;
}

function decimalsOf(percent: number, digits: number): number {
  if (percent < 0.995) return digits;
  if (percent < 9.95) return digits - 1;
  return percent >= 99.5 && percent < 100 ? Math.max(digits - 2, 1) : digits - 2;
}

/** A frequency: `1,234/s`, `12.3/s`, `0.05/s`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 99.95) return `${formatCount(perSecond)}/s`;
  if (perSecond > 0 && perSecond < 0.005) return '<0.01/s';
  return `${perSecond.toFixed(perSecond >= 9.995 ? 1 : 2)}/s`;
}

/** `+12 %`, `-3.4 %`: a change, as a part of 1. */
export function formatChange(part: number): string {
  // From nothing there is no percentage.
  if (!Number.isFinite(part)) return '+';
  const percent = part * 100;
  const text = `${percent.toFixed(Math.abs(percent) >= 9.95 ? 0 : 1)} %`;
  return percent > 0 ? `+${text}` : text;
}
