import { owned } from './owned-text.js';

/**
 * A cache for values by text, with a bound. When it is full it is emptied: repeated texts are soon back, and the order
 * of use need not be tracked. A lookup costs the same as in a `Map`. Keys are copied if they may be pieces of larger
 * texts.
 */
export class BoundedMemo<Value> extends Map<string, Value> {
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    super();
    this.#maxEntries = maxEntries;
  }

  override set(text: string, value: Value): this {
    if (this.size >= this.#maxEntries) this.clear();
    return super.set(owned(text), value);
  }
}
