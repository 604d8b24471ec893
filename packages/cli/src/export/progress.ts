import { countOf } from '../format/number.js';
import type { Terminal } from '../terminal.js';

const INTERVAL_MILLIS = 200;

/** Says on a terminal how far a long export has come. */
export class ExportProgress {
  /** Spans handed on so far. */
  spans = 0;
  readonly #terminal: Pick<Terminal, 'status'>;
  readonly #beside: 'file' | 'standard output';
  #shownAt = 0;

  constructor(terminal: Pick<Terminal, 'status'>, output: string | undefined) {
    this.#terminal = terminal;
    this.#beside = output === undefined ? 'standard output' : 'file';
  }

  /** Hands the items on, and counts their spans. */
  async *watch<Item>(items: AsyncIterable<Item>, spansOf: (item: Item) => number): AsyncGenerator<Item> {
    const startedAt = performance.now();
    this.#shownAt = startedAt;
    // What goes by traces is sorted first, which takes seconds where there are millions.
    this.#show('reading ...');
    for await (const item of items) {
      this.spans += spansOf(item);
      const now = performance.now();
      if (now - this.#shownAt >= INTERVAL_MILLIS) {
        this.#shownAt = now;
        this.#show(`${countOf(this.spans, 'span')} exported ...`);
      }
      yield item;
    }
  }

  /** Takes the line away. */
  end(): void {
    this.#show('');
  }

  #show(text: string): void {
    this.#terminal.status(text, this.#beside);
  }
}
