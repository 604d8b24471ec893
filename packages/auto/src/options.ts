import { FerretError } from '@ferretjs/core';

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Instruments these libraries and no others. Default: all that Ferret knows. `FERRET_INSTRUMENT_ONLY=pg,undici`. */
  readonly only?: readonly string[] | undefined;
  /** Instruments all libraries but these. Default: none. `FERRET_INSTRUMENT_EXCEPT=koa`. */
  readonly except?: readonly string[] | undefined;
  /**
   * The hosts that `traceparent` and `tracestate` are sent to: `'api.example.com'`, `'.example.com'` for every host
   * below it, `'localhost:3000'`, or a RegExp that is tried on the URL without its query. Default: every host.
   * `FERRET_PROPAGATE_TO=a.test,.b.test`.
   */
  readonly propagateTo?: readonly (string | RegExp)[] | undefined;
}

const NAMES = ['only', 'except', 'propagateTo'];

/**
 * Checks options and completes them from the environment.
 *
 * @throws FerretError `INVALID_OPTION`
 */
export function acceptOptions(
  options: InstrumentOptions,
  libraries: readonly string[],
  environment: NodeJS.ProcessEnv,
): InstrumentOptions {
  if (typeof options !== 'object' || options === null) refuse('options', options, `an object with ${NAMES.join(', ')}`);
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name)) {
      throw new FerretError(
        'INVALID_OPTION',
        `Ferret: there is no option ${name}. The options are ${NAMES.join(', ')}.`,
      );
    }
  }
  const only = options.only ?? listOf(environment['FERRET_INSTRUMENT_ONLY']);
  const except = options.except ?? listOf(environment['FERRET_INSTRUMENT_EXCEPT']);
  checkNames('only', only, libraries);
  checkNames('except', except, libraries);
  if (only !== undefined && except !== undefined) {
    throw new FerretError(
      'INVALID_OPTION',
      'Ferret: the options only and except exclude each other. Give one of them.',
    );
  }
  const propagateTo = options.propagateTo ?? listOf(environment['FERRET_PROPAGATE_TO']);
  if (propagateTo !== undefined && !(Array.isArray(propagateTo) && propagateTo.every(isHost))) {
    refuse('the option propagateTo', propagateTo, 'a list of hosts (strings) and RegExps');
  }
  return { only, except, propagateTo };
}

function checkNames(option: string, names: unknown, libraries: readonly string[]): void {
  if (names === undefined) return;
  if (!Array.isArray(names)) refuse(`the option ${option}`, names, 'a list of names of libraries');
  for (const name of names) {
    if (!libraries.includes(name)) {
      refuse(`the option ${option}`, name, `the names ${libraries.join(', ')}`);
    }
  }
}

function isHost(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || value instanceof RegExp;
}

function listOf(text: string | undefined): readonly string[] | undefined {
  const names = text?.split(',').flatMap((name) => name.trim() || []);
  return names === undefined || names.length === 0 ? undefined : names;
}

function refuse(what: string, value: unknown, accepts: string): never {
  const got = typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : typeof value;
  throw new FerretError('INVALID_OPTION', `Ferret: ${what} got ${got}, and accepts ${accepts}.`);
}
