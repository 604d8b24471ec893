/** `12 %`, `0.5 %`, `<0.1 %`: never 0 for what is not nothing, nor 100 for what is not all. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  if (percent > 99.9 && percent < 100) return '>99.9 %';
  return `${percent.toFixed(percent > 0 && percent < 10 ? 1 : 0)} %`;
}
