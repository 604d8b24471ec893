import type { Database } from '../file/driver.js';

/** Strings one process keeps ids for, in a generation. Beyond it, text is written in place (see schema.ts). */
const MAX_ENTRIES = 10_000;

/** Strings one file keeps at a time, of all processes that write to it. */
const MAX_STORED = 20_000;

/** Characters of a string that is kept. A longer one, which has to be made of data, is written in place. */
const MAX_LENGTH = 512;

/** A string that is there already is in use again. */
const INTERN = `
INSERT INTO string (text, generation)
SELECT DISTINCT value, (SELECT number FROM generation) FROM json_each(?)
WHERE (SELECT count(*) FROM string) < ${MAX_STORED} OR value IN (SELECT text FROM string)
ON CONFLICT (text) DO UPDATE SET generation = excluded.generation
RETURNING id, text`;

/**
 * Ids of the strings that repeat: names, routes, methods, error types, shared attributes. Processes that write to one
 * file get the same ids, as the file hands them out. They hold for one generation of the file (see
 * string-retention.ts).
 */
export class Dictionary {
  readonly #ids = new Map<string, number>();
  readonly #unknown = new Set<string>();
  readonly #maxEntries: number;
  #generation: number;

  constructor(generation: number, maxEntries = MAX_ENTRIES) {
    this.#generation = generation;
    this.#maxEntries = maxEntries;
  }

  /** The one its ids hold in. */
  get generation(): number {
    return this.#generation;
  }

  /** Goes over to a generation, if it is not in that already: it begins anew. */
  enter(generation: number): void {
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#ids.clear();
  }

  /** Whether a string was asked for that {@link learn} would know. */
  get hasUnknown(): boolean {
    return this.#unknown.size > 0;
  }

  /** The id, or the text itself: where the dictionary is full, and until {@link learn} has fetched the id. */
  reference(text: string | undefined): number | string | null {
    if (text === undefined) return null;
    const id = this.#ids.get(text);
    if (id !== undefined) return id;
    if (text.length <= MAX_LENGTH && this.#ids.size + this.#unknown.size < this.#maxEntries) this.#unknown.add(text);
    return text;
  }

  /** Fetches the ids of all strings that were asked for and are not known yet; in a steady state there are none. */
  async learn(database: Database): Promise<void> {
    const texts = JSON.stringify([...this.#unknown]);
    this.#unknown.clear();
    for (const row of await database.all<{ id: number; text: string }>(INTERN, [texts])) {
      this.#ids.set(row.text, row.id);
    }
  }
}
