import type { RecordingSpan } from './recording-span.js';

/**
 * The spans that are open, the oldest first: a list through the spans themselves, as every span enters and leaves it. A `Set` costs ten
 * times as much, because it hashes.
 */
export class OpenSpans {
  #first: RecordingSpan | undefined;
  #last: RecordingSpan | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(span: RecordingSpan): void {
    span.isListed = true;
    span.previousOpen = this.#last;
    if (this.#last === undefined) this.#first = span;
    else this.#last.nextOpen = span;
    this.#last = span;
    this.#count++;
  }

  delete(span: RecordingSpan): void {
    if (!span.isListed) return;
    const { previousOpen, nextOpen } = span;
    if (previousOpen === undefined) this.#first = nextOpen;
    else previousOpen.nextOpen = nextOpen;
    if (nextOpen === undefined) this.#last = previousOpen;
    else nextOpen.previousOpen = previousOpen;
    span.isListed = false;
    // What keeps an ended span alive must not keep its neighbours alive.
    span.previousOpen = undefined;
    span.nextOpen = undefined;
    this.#count--;
  }

  /** The one that is looked at may be deleted meanwhile. */
  *all(): Generator<RecordingSpan> {
    let span = this.#first;
    while (span !== undefined) {
      const next = span.nextOpen;
      yield span;
      span = next;
    }
  }
}
