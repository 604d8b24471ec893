const MAX_LENGTH = 100;

/**
 * Names that may stand in names of spans, although the application or its clients choose them: the first 200. A span
 * with any other name goes without it, as statistics are kept for each name.
 */
export class FewNames {
  readonly #known = new Set<string>();
  readonly #max: number;

  constructor(max = 200) {
    this.#max = max;
  }

  has(name: string): boolean {
    if (name.length > MAX_LENGTH) return false;
    if (!this.#known.has(name) && this.#known.size < this.#max) this.#known.add(name);
    return this.#known.has(name);
  }
}
