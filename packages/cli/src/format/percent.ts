/** `12 %`, `1.2 %`, `0.12 %`, `<0.01 %`: a share of 1 in two digits; never 0 for what is not nothing, nor 100 for what is not all. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent < 0.01) return '<0.01 %';
  if (percent > 99.9 && percent < 100) return '>99.9 %';
  return `${percent.toFixed(digitsOf(percent))} %`;
}

function digitsOf(percent: number): number {
  if (percent < 0.995) return 2;
  return percent < 9.95 || (percent >= 99.5 && percent < 100) ? 1 : 0;
}
