/** The counts of one part of the time: of all, and of those that were of interest. */
export interface PartCount {
  readonly count: number;
  readonly hits: number;
}

/** A share varies so many times as much as it would if every request were independent of the one before. */
export interface DesignEffect {
  readonly factor: number;
  /** Degrees of freedom that it was estimated from; 0 where there was nothing to estimate it from. */
  readonly freedom: number;
}

/**
 * The design effect of the parts of the time. Latencies come in spells: without this two halves of one steady run would
 * seem to differ. Kish's, from the ratio estimator's variance over clusters, as Rao and Scott (1992, A simple method
 * for the analysis of clustered binary data, Biometrics 48) use it: counts divided by it may be tested as independent
 * ones.
 *
 * A spell may reach into the next parts, a tenth of the time at most: their products count with Bartlett's weights, as
 * Newey and West (1987, Econometrica 55) have it. Both the surplus and the degrees of freedom are those of independent
 * parts, so that the factor is 1 on average where there are no spells: a factor that is too large by a tenth costs a
 * tenth more spans.
 */
export function designEffect(sides: readonly (readonly PartCount[])[]): DesignEffect {
  let excess = 0;
  let freedom = 0;
  for (const parts of sides) {
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const share = parts.reduce((sum, part) => sum + part.hits, 0) / count;
    if (parts.length < 2 || share === 0 || share === 1) continue;
    const surplus = parts.map((part) => part.hits - part.count * share);
    const lags = Math.round(parts.length / 10);
    let variance = 0;
    // The variance of independent parts, measured from their own mean, and the rest of their degrees of freedom.
    let independent = parts.length;
    let kernel = 0;
    for (let lag = -lags; lag <= lags; lag++) {
      const weight = 1 - Math.abs(lag) / (lags + 1);
      for (const [at, one] of surplus.entries()) variance += weight * one * (surplus[at + lag] ?? 0);
      independent -= weight * (1 - Math.abs(lag) / parts.length);
      kernel += weight ** 2;
    }
    const free = (parts.length - 1) / kernel;
    excess += ((variance / (count * share * (1 - share))) * parts.length * free) / independent;
    freedom += free;
  }
  return freedom === 0 ? { factor: 1, freedom } : { factor: excess / freedom, freedom };
}
