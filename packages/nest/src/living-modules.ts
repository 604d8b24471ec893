import { currentSpan, type Ferret } from '@ferretjs/core';
import { type FerretInstance, processWide } from '@ferretjs/core/http';

/**
 * The `FerretModule` of each application that runs in this process. Decorators need one: they are applied before there is an
 * application, and outside of it.
 */
export const living = processWide('nest.living', () => new Set<{ readonly ferret: FerretInstance }>());

/** Whether an application that runs uses this Ferret. */
export function isLiving(ferret: Ferret): boolean {
  return [...living].some((module) => module.ferret === ferret);
}

/** The Ferret of the application whose span is the current one; outside of any, of the application that was started last. */
export function livingFerret(): Ferret | undefined {
  const span = currentSpan();
  let last: Ferret | undefined;
  for (const { ferret } of living) {
    if (span !== undefined && ferret.http.owns(span)) return ferret;
    last = ferret;
  }
  return last;
}
