import type { Span } from '@ferretjs/core';
import { withSpan } from '@ferretjs/core/adapter';
import { isObservable, Observable, tap } from 'rxjs';

/**
 * Whether a value is an observable that runs when it is subscribed to. Subjects and connectables run by themselves, and
 * have methods that a wrapper would lose.
 */
export function isCold(value: unknown): value is Observable<unknown> {
  return isObservable(value) && !('next' in value) && !('connect' in value);
}

/** Ends the spans of observables that were dropped without a subscription. */
const unused = new FinalizationRegistry<Span>((span) => span.end());

/**
 * Returns the observable with its first subscription in `span`, and each further one in a span of its own. A span ends
 * when the observable completes or fails, or its subscriber leaves.
 */
export function traceObservable<T>(source: Observable<T>, span: Span, startAnother: () => Span): Observable<T> {
  let next: Span | undefined = span;
  const traced = new Observable<T>((subscriber) => {
    const current = next ?? startAnother();
    next = undefined;
    subscriber.add(() => current.end());
    // The subscriber itself is passed on, because a source that emits at once must see when its subscriber has left.
    withSpan(current, () => source.pipe(tap({ error: (error) => current.recordError(error) })).subscribe(subscriber));
  });
  unused.register(traced, span);
  return traced;
}
