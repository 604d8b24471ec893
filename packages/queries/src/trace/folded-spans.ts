import type { StoredSpan } from '@ferretjs/core/reader';

/** Spans of one name that have no row of their own: another span of their trace counts and sums them. */
export interface FoldedSum {
  readonly name: string;
  readonly count: number;
  readonly totalNanos: number;
  /** The part of that in which no child of them ran; `undefined` where it is not known. */
  readonly selfNanos: number | undefined;
  /** The number of them with an outcome other than `ok`. */
  readonly errors: number;
}

/** Attributes of a span that begin so have the sums; see docs/sampling.md. */
const PREFIX = 'ferret.folded';

const NOTHING = { count: 0, totalNanos: 0, selfNanos: 0, errors: 0 };

/** Siblings of a span, with its name, that are folded into it; see docs/sampling.md. */
export interface FoldedSiblings {
  readonly count: number;
  /** Time in which one of them ran, and none that has a row. */
  readonly busyNanos: number;
  /** Different parameters of those and of the span itself, up to 1,024; 0 where none are known. */
  readonly parameters: number;
}

export function foldedSiblings({ attributes }: Pick<StoredSpan, 'attributes'>): FoldedSiblings | undefined {
  const [count = 0, busyNanos = 0, parameters = 0] = numbersOf(
    ['siblings', 'busy_ns', 'parameters'].map((part) => attributes[`${PREFIX}.${part}`]),
  );
  return count > 0 ? { count, busyNanos, parameters } : undefined;
}

/**
 * The spans that are folded into a span, by name, the name that took most time first. Malformed attributes give none.
 */
export function foldedInto({ attributes }: Pick<StoredSpan, 'attributes'>): FoldedSum[] {
  const names = attributes[`${PREFIX}.names`];
  if (!Array.isArray(names)) return [];
  const [counts, totals] = [`${PREFIX}.counts`, `${PREFIX}.durations_ns`].map((key) => numbersOf(attributes[key]));
  const errors = numbersOf(attributes[`${PREFIX}.errors`]);
  const selves = attributes[`${PREFIX}.self_ns`];
  const selfNanos = Array.isArray(selves) ? numbersOf(selves) : undefined;
  const sums = names.map((name: unknown, at) => ({
    name: typeof name === 'string' ? name : '',
    count: counts?.[at] ?? 0,
    totalNanos: totals?.[at] ?? 0,
    selfNanos: selfNanos && (selfNanos[at] ?? 0),
    errors: errors[at] ?? 0,
  }));
  return slowestFirst(sums.filter(({ count }) => count > 0));
}

/** The sums of several spans, by name. */
export function addUp(all: readonly FoldedSum[]): FoldedSum[] {
  const byName = new Map<string, FoldedSum>();
  for (const sum of all) {
    const { count, totalNanos, selfNanos, errors } = byName.get(sum.name) ?? NOTHING;
    byName.set(sum.name, {
      name: sum.name,
      count: count + sum.count,
      totalNanos: totalNanos + sum.totalNanos,
      selfNanos: selfNanos === undefined || sum.selfNanos === undefined ? undefined : selfNanos + sum.selfNanos,
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
