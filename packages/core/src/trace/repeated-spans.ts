import type { AttributeBag } from '../attributes/attribute-recorder.js';
import { FoldedSpans } from './folded-spans.js';

/** Different parameters that are told apart in one row. */
const MAX_PARAMETERS = 1_024;

/** A span that may be one of many. */
interface Repeated extends AttributeBag {
  /** A hash of the parameters that tell it from others of the name. */
  readonly parameters: unknown;
  describe(): void;
}

/** Siblings of one name in one row: one of them, with the sums of the others and of what is below those. */
export class RepeatedSpans<Span extends Repeated> extends FoldedSpans<Span> {
  #siblings = 0;
  #busyNanos = 0;
  readonly #parameters = new Set<unknown>();

  constructor(carrier: Span) {
    super(carrier, false);
    this.#note(carrier);
  }

  /** Time in which one of the siblings ran, and none that stays whole. */
  get busyNanos(): number {
    return this.#busyNanos;
  }

  /** @param busyNanos time in which one of the siblings ran, and none that stays whole */
  addSiblings(siblings: readonly Span[], busyNanos: number): void {
    this.#siblings += siblings.length;
    this.#busyNanos += busyNanos;
    for (const span of siblings) this.#note(span);
  }

  override describe(): void {
    const { values } = this.carrier;
    this.carrier.describe();
    super.describe();
    values['ferret.folded.siblings'] = this.#siblings;
    values['ferret.folded.busy_ns'] = this.#busyNanos;
    if (this.#parameters.size > 0) values['ferret.folded.parameters'] = this.#parameters.size;
  }

  #note({ parameters }: Span): void {
    if (parameters !== undefined && this.#parameters.size < MAX_PARAMETERS) this.#parameters.add(parameters);
  }
}
