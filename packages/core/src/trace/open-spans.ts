/** A span's own place in the list. */
export interface Linked<T> {
  isListed: boolean;
  previousOpen: T | undefined;
  nextOpen: T | undefined;
}

/**
 * The spans that are open, the oldest first: a list through the spans themselves, as every span enters and leaves it. A
 * `Set` costs ten times as much, because it hashes.
 */
export class OpenSpans<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(span: T): void {
    span.isListed = true;
    span.previousOpen = this.#last;
    if (this.#last === undefined) this.#first = span;
    else this.#last.nextOpen = span;
    this.#last = span;
    this.#count++;
  }

  delete(span: T): void {
    if (!span.isListed) return;
    const { previousOpen, nextOpen } = span;
    if (previousOpen === undefined) this.#first = nextOpen;
    else previousOpen.nextOpen = nextOpen;
    if (nextOpen === undefined) this.#last = previousOpen;
    else nextOpen.previousOpen = previousOpen;
    span.isListed = false;
    // An ended span may be kept alive by others, and must not keep its neighbours alive.
    span.previousOpen = undefined;
    span.nextOpen = undefined;
    this.#count--;
  }

  /** The one that is looked at may be deleted meanwhile. */
  *all(): Generator<T> {
    let span = this.#first;
    while (span !== undefined) {
      const next = span.nextOpen;
      yield span;
      span = next;
    }
  }
}
