import { defaultFerret, type Ferret } from '@ferretjs/core';
import { existingFerret, processWide } from '@ferretjs/core/adapter';
import { livingFerret } from '../living-modules.js';

/** Whether roots are recorded without a `FerretModule`, by `@ferretjs/auto`. */
const state = processWide('nest.roots', () => ({ withoutModule: false }));

export function recordRootsWithoutModule(): void {
  state.withoutModule = true;
}

/** The Ferret for a root: that of the application that runs, or without a `FerretModule` the process's own. */
export function rootFerret(): Ferret | undefined {
  return livingFerret() ?? (state.withoutModule ? (existingFerret() ?? defaultFerret()) : undefined);
}
