/** Longer texts are made anew each time. */
const MAX_LENGTH = 8_192;
const MAX_ENTRIES = 2_000;
const MAX_CHARACTERS = 1_000_000;

/**
 * Remembers what was made of texts that repeat: at most 2,000 of them, with a million characters together. Once full,
 * it begins anew.
 */
export class TextMemo<Value> {
  readonly #values = new Map<string, Value>();
  #characters = 0;

  get(text: string): Value | undefined {
    return text.length > MAX_LENGTH ? undefined : this.#values.get(text);
  }

  set(text: string, value: Value): void {
    if (text.length > MAX_LENGTH) return;
    if (this.#values.size >= MAX_ENTRIES || this.#characters + text.length > MAX_CHARACTERS) {
      this.#values.clear();
      this.#characters = 0;
    }
    // A copy: the text may be a piece of a larger one, which it would keep alive.
    this.#values.set(` ${text}`.slice(1), value);
    this.#characters += text.length;
  }
}
