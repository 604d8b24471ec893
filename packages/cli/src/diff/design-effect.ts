/** What happened in one part of the time: how many, and how many of them were of interest. */
export interface PartCount {
  readonly count: number;
  readonly hits: number;
}

/** By how many times a share varies more than it would if every request were independent of the one before. */
export interface DesignEffect {
  readonly factor: number;
  /** Degrees of freedom that it was estimated from; 0 where there was nothing to estimate it from. */
  readonly freedom: number;
}

/**
 * The weight of products of neighbours besides the squares, and what is left of the degrees of freedom with them: the first lag of
 * Newey and West (1987, A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent covariance matrix,
 * Econometrica 55). Bartlett's kernel gives it the weight 1/2, from either side: 1 / (1 + 2 (1/2)^2) of the freedom.
 */
const FREEDOM_LEFT = 1 / 1.5;

/**
 * The design effect of the parts of the time. Latencies come in spells: without this two halves of one steady run would seem to
 * differ. Kish's, from the ratio estimator's variance over clusters, as Rao and Scott (1992, A simple method for the analysis of
 * clustered binary data, Biometrics 48) use it: counts divided by it may be tested as independent ones.
 */
export function designEffect(sides: readonly (readonly PartCount[])[]): DesignEffect {
  let excess = 0;
  let surplusParts = 0;
  for (const parts of sides) {
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const share = parts.reduce((sum, part) => sum + part.hits, 0) / count;
    if (parts.length < 2 || share === 0 || share === 1) continue;
    const surplus = parts.map((part) => part.hits - part.count * share);
    const squares = surplus.reduce((sum, one) => sum + one ** 2, 0);
    // A spell may reach into the next part. What is measured from their own mean seems less alike than it is, by a part of the squares.
    const neighbours =
      surplus.slice(1).reduce((sum, one, at) => sum + one * (surplus[at] ?? 0), 0) + squares / parts.length;
    excess += ((squares + Math.max(neighbours, 0)) / (count * share * (1 - share))) * parts.length;
    surplusParts += parts.length - 1;
  }
  if (surplusParts === 0) return { factor: 1, freedom: 0 };
  return { factor: excess / surplusParts, freedom: surplusParts * FREEDOM_LEFT };
}
