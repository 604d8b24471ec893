/** What happened in one part of the time: how many, and how many of them were of interest. */
export interface PartCount {
  readonly count: number;
  readonly hits: number;
}

export interface DesignEffect {
  /** 1 or more. */
  readonly factor: number;
  /** Degrees of freedom that it was estimated from; infinite where it is 1. */
  readonly freedom: number;
}

/**
 * By how many times a share varies more from part to part of the time than it would if every request were independent of the one
 * before; never less than 1. Latencies come in spells: without this two halves of one steady run would seem to differ.
 * Kish's design effect, from the ratio estimator's variance over clusters, as Rao and Scott (1992, A simple method for the
 * analysis of clustered binary data, Biometrics 48) use it: counts divided by it may be tested as independent ones.
 */
export function designEffect(sides: readonly (readonly PartCount[])[]): DesignEffect {
  let excess = 0;
  let freedom = 0;
  for (const parts of sides) {
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const share = parts.reduce((sum, part) => sum + part.hits, 0) / count;
    if (parts.length < 2 || share === 0 || share === 1) continue;
    const surplus = parts.map((part) => part.hits - part.count * share);
    const squares = surplus.reduce((sum, one) => sum + one ** 2, 0);
    // A spell may reach into the next part: the first lag of Newey and West (1987), where it adds to the variance.
    const neighbours = surplus.slice(1).reduce((sum, one, at) => sum + one * (surplus[at] ?? 0), 0);
    excess += ((squares + Math.max(neighbours, 0)) / (count * share * (1 - share))) * parts.length;
    freedom += parts.length - 1;
  }
  const factor = freedom === 0 ? 1 : excess / freedom;
  return factor > 1 ? { factor, freedom } : { factor: 1, freedom: Number.POSITIVE_INFINITY };
}
