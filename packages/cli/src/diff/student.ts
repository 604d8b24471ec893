import { incompleteBeta } from './incomplete-beta.js';

/**
 * A one-sided chance by the normal distribution, as it is by Student's: where the variance is itself an estimate, of so many
 * degrees of freedom, large differences are more likely.
 */
export function studentChance(chance: number, freedom: number): number {
  if (chance >= 0.5 || chance <= 0) return chance;
  const deviations = normalDeviations(chance);
  // https://dlmf.nist.gov/8.17 with Abramowitz and Stegun 26.5.27.
  return incompleteBeta(freedom / (freedom + deviations ** 2), freedom / 2, 0.5) / 2;
}

/** How many standard deviations are exceeded with this chance; to 0.0005 (Abramowitz and Stegun 26.2.23). */
function normalDeviations(chance: number): number {
  const t = Math.sqrt(-2 * Math.log(chance));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  return t - above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}
