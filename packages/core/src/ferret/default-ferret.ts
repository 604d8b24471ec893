import { FerretError } from '../errors.js';
import { processWide } from '../process-wide.js';
import type { Ferret } from './ferret.js';
import { FerretInstance } from './ferret-instance.js';
import type { FerretOptions } from './options.js';

const slot = processWide<{ ferret: Ferret | undefined }>('default', () => ({ ferret: undefined }));

/**
 * A Ferret of its own, with a file, a queue and shutdown hooks.
 *
 * @throws FerretError `INVALID_OPTION`, naming the option, what it got and what it accepts.
 * @example
 * const ferret = createFerret({ service: 'shop', database: '/var/lib/shop/ferret.db' });
 */
export function createFerret(options?: FerretOptions): Ferret {
  return new FerretInstance(options);
}

/**
 * The process's own Ferret: the first one that an adapter was given options for, or else one made here with the
 * options of the environment. Closed, it stays closed; the next one that an adapter is given options for takes its place.
 */
export function defaultFerret(): Ferret {
  slot.ferret ??= createFerret();
  return slot.ferret;
}

/** What an adapter was called with, as an instance. Options make a new one, the process's default if there is none yet or it is closed. */
export function ferretFor(optionsOrInstance: FerretOptions | Ferret | undefined): FerretInstance {
  if (optionsOrInstance === undefined) return withHttp(defaultFerret());
  if (isFerret(optionsOrInstance)) return withHttp(optionsOrInstance);
  const ferret = new FerretInstance(optionsOrInstance);
  if (slot.ferret === undefined || isClosed(slot.ferret)) slot.ferret = ferret;
  return ferret;
}

function isClosed(ferret: Ferret): boolean {
  return 'isClosed' in ferret && ferret.isClosed === true;
}

function isFerret(value: object): value is Ferret {
  return 'measure' in value && typeof value.measure === 'function';
}

/** By shape, not by class: the instance may come from the other copy of this package, CommonJS or ES module. */
function withHttp(ferret: Ferret): FerretInstance {
  if ('http' in ferret) return ferret as FerretInstance;
  throw new FerretError('INVALID_OPTION', 'Ferret: an adapter got an instance that createFerret() did not make.');
}
