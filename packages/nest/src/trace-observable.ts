import { types } from 'node:util';
import type { Span } from '@ferretjs/core';
import { withSpan } from '@ferretjs/core/adapter';
import type { Observable, Operator, Subscriber } from 'rxjs';

/** Properties that rxjs itself puts into an observable, in its versions 6 to 8. */
const OWN = new Set(['source', 'operator', '_subscribe', '_isScalar']);

/**
 * Whether a value is an observable of rxjs that runs when it is subscribed to. Subjects and connectables run by
 * themselves; these, other classes of observables, and those with properties of their own (of `groupBy`) have what a
 * wrapper would lose. By shape, as there may be several copies of rxjs, or none.
 */
export function isCold(value: unknown): value is Observable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    // Nothing of other values is read: a getter or a proxy is the application's.
    const prototype: unknown = Object.getPrototypeOf(value);
    if (!isBase(prototype) || types.isProxy(value)) return false;
    return Reflect.ownKeys(value).every((key) => OWN.has(key as string)) && !('next' in value) && !('connect' in value);
  } catch {
    return false; // A proxy that throws.
  }
}

/** Whether a prototype is that of rxjs's own `Observable`. */
function isBase(prototype: unknown): boolean {
  if (typeof prototype !== 'object' || prototype === null || !Object.hasOwn(prototype, 'subscribe')) return false;
  const { lift, subscribe } = prototype as Partial<Record<string, unknown>>;
  return typeof lift === 'function' && typeof subscribe === 'function';
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
