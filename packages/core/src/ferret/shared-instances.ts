import { isDeepStrictEqual } from 'node:util';
import { processWide } from '../process-wide.js';
import type { FerretOptions } from './options.js';
import { type GivenOptions, givenOptions } from './resolve-options.js';

interface Closable {
  readonly isClosed: boolean;
}

const shared = processWide('shared', () => new Set<{ readonly given: GivenOptions; readonly instance: Closable }>());

/**
 * Returns the open instance that was made for equal options, or else a new one. Without sharing, hot reload,
 * `createApp()` in each test, and modules that each call `ferret()` would each hold a queue and a connection. A
 * function or a sink is equal to itself only.
 *
 * @throws FerretError `INVALID_OPTION`, as at construction.
 */
export function shareByOptions<T extends Closable>(options: FerretOptions | undefined, create: () => T): T {
  const given = givenOptions(options);
  for (const known of shared) {
    if (known.instance.isClosed) shared.delete(known);
    else if (isSame(known.given, given)) {
      return known.instance as T;
    }
  }
  const instance = create();
  shared.add({ given, instance });
  return instance;
}

function isSame(known: GivenOptions, given: GivenOptions): boolean {
  const hasSameSinks =
    known.sinks.length === given.sinks.length && known.sinks.every((sink, index) => sink === given.sinks[index]);
  return hasSameSinks && isDeepStrictEqual(known.others, given.others);
}
