import { currentSpan, type Ferret } from '@ferretjs/core';
import { type FerretInstance, processWide } from '@ferretjs/core/adapter';

/**
 * The `FerretModule` of each application that runs in this process. Decorators need it, because they apply before an
 * application exists, and outside of it.
 */
export const living = processWide('nest.living', () => new Set<{ readonly ferret: FerretInstance }>());

/** The instances that a `FerretModule` made from options. They are closed with the last application that uses them. */
export const own = processWide('nest.own', () => new WeakSet<Ferret>());

/** Whether a running application uses this Ferret. */
export function isLiving(ferret: Ferret): boolean {
  return [...living].some((module) => module.ferret === ferret);
}

/**
 * Returns the Ferret of the application that the current span belongs to; without one, that of the application started
 * last.
 */
export function livingFerret(): Ferret | undefined {
  const span = currentSpan();
  let last: Ferret | undefined;
  for (const { ferret } of living) {
    if (span !== undefined && ferret.http.owns(span)) return ferret;
    last = ferret;
  }
  return last;
}
