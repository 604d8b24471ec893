import { countOf } from '@ferretjs/queries/words';
import type { Terminal } from '../terminal.js';

const INTERVAL_MILLIS = 200;
const SECOND_MILLIS = 1_000;

/** Says on a terminal how far a long export has come. */
export class ExportProgress {
  /** Spans handed on so far. */
  spans = 0;
  readonly #terminal: Pick<Terminal, 'status'>;
  readonly #beside: 'file' | 'standard output';
  #shownAt = performance.now();

  constructor(terminal: Pick<Terminal, 'status'>, output: string | undefined) {
    this.#terminal = terminal;
    this.#beside = output === undefined ? 'standard output' : 'file';
  }

  /** Hands the items on, and counts their spans. */
  async *watch<Item>(items: AsyncIterable<Item>, spansOf: (item: Item) => number): AsyncGenerator<Item> {
    // Formats by trace sort all spans before the first, which takes seconds where there are millions.
    this.#show('reading ...');
    let seconds = 0;
    const sorting = setInterval(() => this.#show(`reading ... ${++seconds} s`), SECOND_MILLIS);
    try {
      for await (const item of items) {
        clearInterval(sorting);
        this.spans += spansOf(item);
        const now = performance.now();
        if (now - this.#shownAt >= INTERVAL_MILLIS) {
          this.#shownAt = now;
          this.#show(`${countOf(this.spans, 'span')} exported ...`);
        }
        yield item;
      }
    } finally {
      clearInterval(sorting);
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
