import type { AttributeBag } from '../attributes/attribute-recorder.js';
import type { SpanRecord } from './span.js';

/** Names that are told apart. Spans of further names are counted together. */
const MAX_NAMES = 16;
const OTHER_NAMES = '(other names)';

/** Attribute of a span: the number of spans that are folded into it. */
export const FOLDED_ATTRIBUTE = 'ferret.folded';

interface Sums {
  count: number;
  durationNanos: number;
  /** The part of the durations in which no child ran; `undefined` where that is not known. */
  selfNanos: number | undefined;
  errors: number;
}

/** Spans of a trace that have no row of their own: counted, and their durations summed, by name. */
export class FoldedSpans<Carrier extends AttributeBag> {
  /** The span whose attributes say it. */
  readonly carrier: Carrier;
  /** The carrier has ended, and is kept back for the sums. */
  readonly isHeld: boolean;
  count = 0;
  #errors = 0;
  readonly #byName = new Map<string, Sums>();
  /** Characters that {@link describe} has added to the carrier. */
  #size = 0;

  constructor(carrier: Carrier, isHeld: boolean) {
    this.carrier = carrier;
    this.isHeld = isHeld;
  }

  /** @param selfNanos time of the span in which no child ran. Default: not known. */
  add(
    { name, durationNanos, outcome }: Pick<SpanRecord, 'name' | 'durationNanos' | 'outcome'>,
    selfNanos?: number,
  ): void {
    this.#addSums(name, { count: 1, durationNanos, selfNanos, errors: outcome === 'ok' ? 0 : 1 });
  }

  /** Adds what is folded into another span. */
  addAll(others: FoldedSpans<Carrier>): void {
    for (const [name, sums] of others.#byName) this.#addSums(name, sums);
  }

  #addSums(name: string, { count, durationNanos, selfNanos, errors }: Sums): void {
    let sums = this.#byName.get(name);
    if (sums === undefined) {
      const key = this.#byName.size < MAX_NAMES ? name : OTHER_NAMES;
      sums = this.#byName.get(key) ?? { count: 0, durationNanos: 0, selfNanos: 0, errors: 0 };
      this.#byName.set(key, sums);
    }
    this.count += count;
    this.#errors += errors;
    sums.count += count;
    sums.durationNanos += durationNanos;
    sums.selfNanos = sums.selfNanos === undefined || selfNanos === undefined ? undefined : sums.selfNanos + selfNanos;
    sums.errors += errors;
  }

  /** Writes the sums into the carrier's attributes, as lists in the same order. Again, it brings them up to date. */
  describe(): void {
    if (this.count === 0) return;
    const { carrier } = this;
    const names = [...this.#byName.keys()];
    const all = [...this.#byName.values()];
    if (!Object.hasOwn(carrier.values, FOLDED_ATTRIBUTE)) carrier.count++;
    const size = names.reduce((sum, name) => sum + name.length, 0);
    carrier.size += size - this.#size;
    this.#size = size;
    carrier.values[FOLDED_ATTRIBUTE] = this.count;
    carrier.values[`${FOLDED_ATTRIBUTE}.names`] = names;
    carrier.values[`${FOLDED_ATTRIBUTE}.counts`] = all.map(({ count }) => count);
    carrier.values[`${FOLDED_ATTRIBUTE}.durations_ns`] = all.map(({ durationNanos }) => durationNanos);
    if (all.every(({ selfNanos }) => selfNanos !== undefined)) {
      carrier.values[`${FOLDED_ATTRIBUTE}.self_ns`] = all.map(({ selfNanos = 0 }) => selfNanos);
    }
    if (this.#errors > 0) carrier.values[`${FOLDED_ATTRIBUTE}.errors`] = all.map(({ errors }) => errors);
  }

  /** Takes the sums out of the carrier's attributes, should they be there: the spans are not kept. */
  erase(): void {
    const { values } = this.carrier;
    if (!Object.hasOwn(values, FOLDED_ATTRIBUTE)) return;
    for (const part of ['', '.names', '.counts', '.durations_ns', '.self_ns', '.errors'])
      delete values[`${FOLDED_ATTRIBUTE}${part}`];
    this.carrier.count--;
    this.carrier.size -= this.#size;
    this.#size = 0;
  }
}
