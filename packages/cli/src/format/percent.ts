/**
 * `12 %`, `1.2 %`, `0.12 %`, `<0.01 %`: a share of 1, in two digits unless told otherwise; never 0 for what is not nothing, nor 100
 * for what is not all.
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
