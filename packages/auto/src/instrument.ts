import { announceCoverage } from './announcement.js';
import { channels } from './channels.js';
import { reportFault } from './fault.js';
import { instrumented, leftOut } from './instrumented.js';
import { LIBRARIES } from './libraries.js';
import type { Library, Way } from './library.js';
import { loadAhead } from './load-ahead.js';
import { continueMessages } from './messaging/continuation.js';
import { hookFile } from './module-hook.js';
import { acceptOptions, type InstrumentOptions } from './options.js';
import { propagateOnlyTo } from './propagation.js';
import { undoAll } from './undo.js';

/** A way by which a library is seen. */
export interface InstrumentedWay {
  readonly how: Way['how'];
  /** The package on npm; absent for a part of Node's own. */
  readonly package?: string;
  /** The versions of the package, as bounds: `>=5 <6`. */
  readonly versions?: string;
  /** The part of Node, such as `fetch`. */
  readonly part?: string;
}

/** A library that is instrumented, or will be once it is loaded. */
export interface Instrumented {
  /** Its name for `only` and `except`. */
  readonly library: string;
  /** The ways to see it, each with its versions. The first entry that fits a version is its way. */
  readonly ways: readonly InstrumentedWay[];
}

/**
 * Makes spans of what libraries do, and of requests, without code in the application. Call it before the libraries are
 * loaded. Every library is instrumented once in a process: a further call adds those that are missing, and none is ever
 * taken out again.
 *
 * @returns every library that is instrumented now, whether the application has it or not; `coverage()` says which
 *   it has
 * @throws FerretError `INVALID_OPTION`
 * @example
 * import { instrument } from '@ferretjs/auto';
 *
 * instrument({ except: ['koa'] });
 */
export function instrument(options: InstrumentOptions = {}): readonly Instrumented[] {
  const names = LIBRARIES.map(({ name }) => name);
  const { only = names, except = [], propagateTo, messaging } = acceptOptions(options, names, process.env);
  if (instrumented.size === 0) undoAll();
  if (propagateTo !== undefined) propagateOnlyTo(propagateTo);
  if (messaging !== undefined) continueMessages(messaging);
  for (const library of LIBRARIES) {
    if (instrumented.has(library.name)) continue;
    if (!only.includes(library.name) || except.includes(library.name)) {
      leftOut.add(library.name);
      continue;
    }
    instrumented.add(library.name);
    leftOut.delete(library.name);
    for (const way of library.ways) startWay(library, way);
  }
  announceCoverage();
  return LIBRARIES.filter(({ name }) => instrumented.has(name)).map(({ name, ways }) => ({
    library: name,
    ways: ways.map(describe),
  }));
}

function startWay({ name }: Library, way: Way): void {
  try {
    if (way.how === 'hook') {
      hookFile(way);
      if (way.isEsModule) loadAhead(way);
    } else if (way.how === 'channel') way.subscribe(channels);
    else way.start(channels);
  } catch (error) {
    reportFault(`the instrumentation of ${name}`, error);
  }
}

function describe(way: Way): InstrumentedWay {
  if (way.how === 'node') return { how: way.how, part: way.part };
  const { package: name, versions } = (way.how === 'hook' ? way.below : undefined) ?? way;
  return { how: way.how, package: name, versions };
}
