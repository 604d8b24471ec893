import { incompleteBeta } from './incomplete-beta.js';

/**
 * Chances of error as they are once many comparisons were made, so that the one of any false alarm among all stays
 * below the level asked for: Holm (1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal
 * of Statistics 6).
 */
export function correctForMany(chances: readonly number[]): number[] {
  const order = chances.map((chance, index) => ({ chance, index })).sort((one, other) => one.chance - other.chance);
  const corrected = new Array<number>(chances.length);
  let most = 0;
  for (const [rank, { chance, index }] of order.entries()) {
    most = Math.max(most, Math.min(chance * (chances.length - rank), 1));
    corrected[index] = most;
  }
  return corrected;
}

/**
 * A one-sided chance by the normal distribution, as it is by Student's: where the variance is itself an estimate, of so
 * many degrees of freedom, large differences are more likely.
 */
export function studentChance(chance: number, freedom: number): number {
  if (chance >= 0.5 || chance <= 0) return chance;
  const deviations = normalDeviations(chance);
  // https://dlmf.nist.gov/8.17 with Abramowitz and Stegun 26.5.27.
  return incompleteBeta(freedom / (freedom + deviations ** 2), freedom / 2, 0.5) / 2;
}

/** The number of standard deviations that are exceeded with this chance, to 0.0005 (Abramowitz and Stegun 26.2.23). */
function normalDeviations(chance: number): number {
  const t = Math.sqrt(-2 * Math.log(chance));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  return t - above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

/** The chance to exceed so many standard deviations (Abramowitz and Stegun 26.2.17, to 1e-7). */
export function normalChance(deviations: number): number {
  if (deviations < 0) return 1 - normalChance(-deviations);
  const t = 1 / (1 + 0.2316419 * deviations);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp(-(deviations ** 2) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
