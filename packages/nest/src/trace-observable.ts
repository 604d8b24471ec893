import type { Span } from '@ferretjs/core';
import { withSpan } from '@ferretjs/core/adapter';
import type { Observable, Operator, Subscriber } from 'rxjs';

/**
 * Whether a value is an observable of rxjs that runs when it is subscribed to. Subjects and connectables run by
 * themselves, and have methods that a wrapper would lose. By shape, as there may be several copies of rxjs, or none.
 */
export function isCold(value: unknown): value is Observable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { lift, subscribe } = value as Partial<Record<string, unknown>>;
    return typeof lift === 'function' && typeof subscribe === 'function' && !('next' in value) && !('connect' in value);
  } catch {
    return false; // A proxy or a getter that throws.
  }
}

/** Ends the spans of observables that were dropped without a subscription. */
const unused = new FinalizationRegistry<Span>((span) => span.end());

/**
 * Returns the observable with its first subscription in `span`, and each further one in a span of its own. A span ends
 * when the observable completes or fails, or its subscriber leaves.
 */
export function traceObservable<T>(source: Observable<T>, span: Span, startAnother: () => Span): Observable<T> {
  let next: Span | undefined = span;
  const traced = traceSubscriptions(source, () => {
    const current = next ?? startAnother();
    // Whoever subscribes may drop the observable, long before it completes.
    if (next !== undefined) unused.unregister(span);
    next = undefined;
    return current;
  });
  unused.register(traced, span, span);
  return traced;
}

/** Returns the observable with each subscription in a span of its own; without one where `start` gives none. */
export function traceSubscriptions<T>(source: Observable<T>, start: () => Span | undefined): Observable<T> {
  const operator: Operator<T, T> = {
    call(subscriber: Subscriber<T>, observable: Observable<T>) {
      const span = start();
      if (span === undefined) return observable.subscribe(subscriber);
      subscriber.add(() => span.end());
      const { error: pass } = subscriber;
      // The subscriber itself is passed on, because a source that emits at once must see when its subscriber has left.
      subscriber.error = function (this: Subscriber<T>, error: unknown) {
        span.recordError(error);
        pass.call(this, error);
      };
      return withSpan(span, () => observable.subscribe(subscriber));
    },
  };
  // Deprecated for applications, and not going away: every operator of rxjs uses it.
  return source.lift(operator) as Observable<T>;
}
