import { incompleteBeta } from './incomplete-beta.js';

/**
 * How likely two shares differ as much by chance, where in truth the second is not larger (`rise`) or not smaller (`fall`): given
 * how many hits there are in all, those of the second side are binomial (Przyborowski and Wilenski 1940, Homogeneity of
 * results in testing samples from Poisson series, Biometrika 31). Exact where hits are few, as errors should be, and on the
 * safe side where they are not.
 *
 * @param effect see {@link designEffect}
 */
export function shareShift(
  before: { readonly count: number; readonly hits: number },
  after: { readonly count: number; readonly hits: number },
  effect: number,
): { rise: number; fall: number } {
  const hits = before.hits / effect;
  const hitsAfter = after.hits / effect;
  const part = after.count / (before.count + after.count);
  // The chance of k or more of n is I_p(k, n - k + 1) (https://dlmf.nist.gov/8.17.E5).
  return {
    rise: hitsAfter === 0 ? 1 : incompleteBeta(part, hitsAfter, hits + 1),
    fall: hits === 0 ? 1 : incompleteBeta(1 - part, hits, hitsAfter + 1),
  };
}
