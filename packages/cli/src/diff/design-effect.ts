/** What happened in one part of the time: how many, and how many of them were of interest. */
export interface PartCount {
  readonly count: number;
  readonly hits: number;
}

/**
 * By how many times a share varies more from part to part of the time than it would if every request were independent of the one
 * before; never less than 1. Latencies come in spells: without this two halves of one steady run would seem to differ.
 * Kish's design effect, from the ratio estimator's variance over clusters, as Rao and Scott (1992, A simple method for the
 * analysis of clustered binary data, Biometrics 48) use it: counts divided by it may be tested as independent ones.
 */
export function designEffect(sides: readonly (readonly PartCount[])[]): number {
  let excess = 0;
  let freedom = 0;
  for (const parts of sides) {
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const share = parts.reduce((sum, part) => sum + part.hits, 0) / count;
    if (parts.length < 2 || share === 0 || share === 1) continue;
    const squares = parts.reduce((sum, part) => sum + (part.hits - part.count * share) ** 2, 0);
    excess += (squares / (count * share * (1 - share))) * parts.length;
    freedom += parts.length - 1;
  }
  return freedom === 0 ? 1 : Math.max(excess / freedom, 1);
}
