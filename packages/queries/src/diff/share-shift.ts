import { normalChance } from './chances.js';
import type { PartCount } from './design-effect.js';
import { incompleteBeta } from './incomplete-beta.js';
import type { Shift } from './quantile-shift.js';

/**
 * The chance that two shares differ as much where in truth the second is not larger (`rise`) or not smaller (`fall`):
 * given how many hits there are in all, those of the second side are binomial (Przyborowski and Wilenski 1940,
 * Homogeneity of results in testing samples from Poisson series, Biometrika 31). Exact where hits are few, as errors
 * should be, and on the safe side where they are not.
 *
 * @param effect see {@link designEffect}
 */
export function shareShift(before: PartCount, after: PartCount, effect: number): Shift {
  const hits = before.hits / effect;
  const hitsAfter = after.hits / effect;
  const part = after.count / (before.count + after.count);
  // The chance of k or more of n is I_p(k, n - k + 1) (https://dlmf.nist.gov/8.17.E5).
  return {
    rise: hitsAfter === 0 ? 1 : incompleteBeta(part, hitsAfter, hits + 1),
    fall: hits === 0 ? 1 : incompleteBeta(1 - part, hits, hitsAfter + 1),
  };
}

/**
 * The chance that the second share is smaller, or larger, than the first by the margin and more: by the interval of
 * Agresti and Caffo (2000, The American Statistician 54), which holds for few hits and for none.
 */
export function shareBeyond(
  before: PartCount,
  after: PartCount,
  effect: number,
  margin: number,
): readonly [number, number] {
  const [first, second] = [before, after].map(({ count, hits }) => {
    const effective = count / effect + 2;
    const share = (hits / effect + 1) / effective;
    return { share, variance: (share * (1 - share)) / effective };
  }) as [{ share: number; variance: number }, { share: number; variance: number }];
  const rise = second.share - first.share;
  const deviation = Math.sqrt(first.variance + second.variance);
  return [normalChance((margin + rise) / deviation), normalChance((margin - rise) / deviation)];
}
