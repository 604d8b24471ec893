import type { Ferret } from '@ferretjs/core';
import { processWide } from '@ferretjs/core/http';

/**
 * The `FerretModule` of each application that runs in this process. Decorators need one: they are applied before there is an
 * application, and outside of it.
 */
export const living = processWide('nest.living', () => new Set<{ readonly ferret: Ferret }>());

/** Whether an application that runs uses this Ferret. */
export function isLiving(ferret: Ferret): boolean {
  return [...living].some((module) => module.ferret === ferret);
}

/** The Ferret of the application that was started last. */
export function livingFerret(): Ferret | undefined {
  let last: Ferret | undefined;
  for (const { ferret } of living) last = ferret;
  return last;
}
