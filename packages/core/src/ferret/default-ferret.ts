import { FerretError } from '../errors.js';
import { processWide } from '../process-wide.js';
import type { Ferret } from './ferret.js';
import { FerretInstance } from './ferret-instance.js';
import type { FerretOptions } from './options.js';
import { shareByOptions } from './shared-instances.js';

interface DefaultSlot {
  ferret: Ferret | undefined;
  /** The options that the instance was made with; `undefined` for those of the environment. */
  options?: FerretOptions | undefined;
  /** The instance that an adapter was given first, made by `createFerret`. */
  given?: FerretInstance | undefined;
}

const slot = processWide<DefaultSlot>('default', () => ({ ferret: undefined }));

/**
 * Makes a new Ferret, with a file, a queue and shutdown hooks of its own.
 *
 * @param options Default: those of the environment, else the default of each option.
 *
 * @throws FerretError `INVALID_OPTION`, naming the option, what it got and what it accepts.
 * @example
 * const ferret = createFerret({ service: 'shop', database: '/var/lib/shop/ferret.db' });
 */
export function createFerret(options?: FerretOptions): Ferret {
  return new FerretInstance(options);
}

/**
 * The default Ferret of the process: the first one that an adapter was given options for, or else one made here with
 * the options of the environment. A closed default is returned as it is. The next adapter that takes the default, or is
 * given options, puts an open one in its place.
 *
 * @throws FerretError `INVALID_OPTION`, where the environment has an option that is not accepted.
 */
export function defaultFerret(): Ferret {
  slot.ferret ??= sharedFerret();
  return slot.ferret;
}

/**
 * The default Ferret for an application that starts now. A closed default is replaced by a new one with the same
 * options, which reports that: a closed Ferret would record nothing of the application.
 */
export function openDefaultFerret(): Ferret {
  const ferret = defaultFerret();
  if (!isClosed(ferret)) return ferret;
  const successor = sharedFerret(slot.options);
  slot.ferret = successor;
  successor.report(
    'DEFAULT_REPLACED',
    "The process's default Ferret had been closed before an application started that uses it. A new one with the " +
      'same options took its place; what still holds the closed one records nothing.',
  );
  return successor;
}

/**
 * The instance for the argument of an adapter: the instance itself, the default for `undefined`, or for options the one
 * that was made for equal options, else a new one. An instance by options becomes the default of the process if there
 * is no default, or a closed one. The default is held from then on, because an application of Express or Koa does not
 * say when it has ended.
 *
 * @param isHeld whether an instance by options is held, too. Default: only the default is.
 * @throws FerretError `INVALID_OPTION`
 */
export function ferretFor(
  optionsOrInstance: FerretOptions | Ferret | undefined,
  isHeld = optionsOrInstance === undefined,
): FerretInstance {
  if (optionsOrInstance === undefined) {
    const ferret = withHttp(openDefaultFerret());
    ferret.isHeld ||= isHeld;
    return ferret;
  }
  if (isFerret(optionsOrInstance)) {
    const given = withHttp(optionsOrInstance);
    if (slot.given === undefined || isClosed(slot.given)) slot.given = given;
    return given;
  }
  const ferret = sharedFerret(optionsOrInstance);
  ferret.isHeld ||= isHeld;
  if (slot.ferret === undefined || isClosed(slot.ferret)) {
    slot.ferret = ferret;
    slot.options = optionsOrInstance;
  }
  return ferret;
}

/** The open instance that was made for these options, or a new one. */
function sharedFerret(options?: FerretOptions): FerretInstance {
  return shareByOptions(options, () => new FerretInstance(options));
}

/** The default Ferret, or the instance that an adapter was given first; `undefined` where neither has been made yet. */
export function existingFerret(): FerretInstance | undefined {
  const ferret = slot.ferret ?? slot.given;
  return ferret === undefined ? undefined : withHttp(ferret);
}

/**
 * The Ferret for requests whose spans begin before any adapter has them: the default one, or where there is none yet
 * the instance that an adapter was given, so that both record into the same file.
 *
 * @throws FerretError `INVALID_OPTION`, if the default has to be made and the environment has an option that is not
 *   accepted
 */
export function ferretOfRequests(): FerretInstance {
  const { ferret, given } = slot;
  if (given !== undefined && (ferret === undefined || isClosed(ferret))) return given;
  return withHttp(ferret ?? defaultFerret());
}

function isClosed(ferret: Ferret): boolean {
  return 'isClosed' in ferret && ferret.isClosed === true;
}

function isFerret(value: object): value is Ferret {
  return 'measure' in value && typeof value.measure === 'function';
}

/**
 * Checks the shape, not the class: the instance may come from the other copy of this package, CommonJS or ES module.
 */
function withHttp(ferret: Ferret): FerretInstance {
  if ('http' in ferret) return ferret as FerretInstance;
  throw new FerretError('INVALID_OPTION', 'Ferret: an adapter got an instance that createFerret() did not make.');
}
