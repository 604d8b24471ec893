import type { Span } from '@ferretjs/core';
import { withSpan } from '@ferretjs/core/http';
import { isObservable, Observable, tap } from 'rxjs';

/** An observable that runs when it is subscribed to. Subjects and connectables run by themselves, and have methods to lose. */
export function isCold(value: unknown): value is Observable<unknown> {
  return isObservable(value) && !('next' in value) && !('connect' in value);
}

/** Ends the spans of observables that were given up without a subscription. */
const unused = new FinalizationRegistry<Span>((span) => span.end());

/**
 * The same observable, with the first subscription in `span` and each further one in a span of its own. A span ends when the
 * observable completes or fails, or its subscriber leaves.
 */
export function traceObservable<T>(source: Observable<T>, span: Span, startAnother: () => Span): Observable<T> {
  let next: Span | undefined = span;
  const traced = new Observable<T>((subscriber) => {
    const current = next ?? startAnother();
    next = undefined;
    subscriber.add(() => current.end());
    // Itself, not an observer before it: a source that emits at once must see when its subscriber has left.
    withSpan(current, () => source.pipe(tap({ error: (error) => current.recordError(error) })).subscribe(subscriber));
  });
  unused.register(traced, span);
  return traced;
}
