import type { StoredSpan } from '@ferretjs/core/reader';

/** Spans of one name that have no row of their own: another span of their trace counts and sums them. */
export interface FoldedSum {
  readonly name: string;
  readonly count: number;
  readonly totalNanos: number;
  /** The number of them with an outcome other than `ok`. */
  readonly errors: number;
}

/** Attributes of a span that begin so have the sums; see docs/sampling.md. */
const PREFIX = 'ferret.folded';

/**
 * The spans that are folded into a span, by name, the name that took most time first. Malformed attributes give none.
 */
export function foldedInto({ attributes }: Pick<StoredSpan, 'attributes'>): FoldedSum[] {
  const names = attributes[`${PREFIX}.names`];
  if (!Array.isArray(names)) return [];
  const [counts, totals] = [`${PREFIX}.counts`, `${PREFIX}.durations_ns`].map((key) => numbersOf(attributes[key]));
  const errors = numbersOf(attributes[`${PREFIX}.errors`]);
  const sums = names.map((name: unknown, at) => ({
    name: typeof name === 'string' ? name : '',
    count: counts?.[at] ?? 0,
    totalNanos: totals?.[at] ?? 0,
    errors: errors[at] ?? 0,
  }));
  return slowestFirst(sums.filter(({ count }) => count > 0));
}

/** The sums of several spans, by name. */
export function addUp(all: readonly FoldedSum[]): FoldedSum[] {
  const byName = new Map<string, FoldedSum>();
  for (const sum of all) {
    const { count = 0, totalNanos = 0, errors = 0 } = byName.get(sum.name) ?? {};
    byName.set(sum.name, {
      name: sum.name,
      count: count + sum.count,
      totalNanos: totalNanos + sum.totalNanos,
      errors: errors + sum.errors,
    });
  }
  return slowestFirst([...byName.values()]);
}

/** The attributes without those that {@link foldedInto} reads. */
export function withoutFolded(attributes: StoredSpan['attributes']): StoredSpan['attributes'] {
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => key !== PREFIX && !key.startsWith(`${PREFIX}.`)),
  );
}

export function countFolded(sums: readonly FoldedSum[]): number {
  return sums.reduce((count, sum) => count + sum.count, 0);
}

function numbersOf(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  return value.map((each: unknown) => (Number.isSafeInteger(each) && Number(each) > 0 ? Number(each) : 0));
}

function slowestFirst(sums: FoldedSum[]): FoldedSum[] {
  return sums.sort((a, b) => b.totalNanos - a.totalNanos || (a.name < b.name ? -1 : 1));
}
