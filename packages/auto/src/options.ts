import { FerretError } from '@ferretjs/core';
import type { Continuation } from '@ferretjs/core/adapter';

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
  /**
   * The span of a message that is processed: `link` begins a trace of its own with a link to the span that sent the
   * message, `continue` makes it a part of that trace. Default: `link`, as endless chains of jobs would be one endless
   * trace. `FERRET_MESSAGING=continue`.
   */
  readonly messaging?: Continuation | undefined;
}

const NAMES = ['only', 'except', 'propagateTo', 'messaging'];

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
  const messaging: unknown = options.messaging ?? (environment['FERRET_MESSAGING'] || undefined);
  if (messaging !== undefined && messaging !== 'link' && messaging !== 'continue') {
    refuse('the option messaging', messaging, '"link" or "continue"');
  }
  return { only, except, propagateTo, messaging };
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
