/**
 * Whether a version is in a range such as `>=3.20 <4`: bounds with `>=` or `<`, all of which must hold, or `*` for
 * every version. A pre-release counts as the version that it leads to.
 */
export function isInRange(version: string, range: string): boolean {
  const parts = partsOf(version);
  if (parts === undefined) return false;
  if (range === '*') return true;
  return range.split(' ').every((bound) => {
    const limit = partsOf(bound.replace(/^[<>=]+/, ''));
    if (limit === undefined) return false;
    const order = compare(parts, limit);
    return bound.startsWith('>=') ? order >= 0 : order < 0;
  });
}

/** Missing parts are 0. */
function partsOf(version: string): readonly number[] | undefined {
  const found = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version);
  return found === null ? undefined : [found[1], found[2], found[3]].map((part) => Number(part ?? 0));
}

function compare(first: readonly number[], second: readonly number[]): number {
  for (const [index, part] of first.entries()) {
    const difference = part - (second[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
