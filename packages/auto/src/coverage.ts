import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { instrumented, leftOut } from './instrumented.js';
import { LIBRARIES } from './libraries.js';
import type { ChannelWay, HookWay, Library, NodeWay, PackageCopy } from './library.js';
import { loadedFiles, patchedFiles } from './module-hook.js';
import { manifestIn, packageCopyIn, packageFileOf } from './package-copy.js';
import { UNSUPPORTED, WITHOUT_ROUTES } from './unsupported.js';
import { isInRange } from './version-range.js';

/** Why a library is not seen. */
export type NotSeen =
  /** Left out by `only` or `except`, or `instrument()` was not called. */
  | 'left-out'
  /** No way fits this version. */
  | 'unknown-version'
  /** The library has only ES modules, which cannot be patched. */
  | 'es-modules-only'
  /** The library's file is not what Ferret expects. */
  | 'hook-failed'
  /** `package.json` names it, and it is not beside the application: a bundler may have put it into the application. */
  | 'not-found'
  /** A web framework whose requests are recorded without their routes. */
  | 'no-routes'
  /** Ferret does not know the library. */
  | 'no-support';

/** The coverage of one copy of a library. */
export interface LibraryCoverage {
  /** The name on npm, or that of Ferret's instrumentation for a part of Node. */
  readonly library: string;
  /** The version of the library, or of Node for a part of it. `undefined` where the library was not found. */
  readonly version: string | undefined;
  /** `node` is a part of Node's own; `no` for a library that is not seen. */
  readonly seen: 'channel' | 'hook' | 'node' | 'no';
  /** Whether the process has loaded it. For a library with ES modules this cannot be told, and is false. */
  readonly isLoaded: boolean;
  readonly reason?: NotSeen;
  /** The remedy. */
  readonly advice?: string;
}

type PackageWay = ChannelWay | HookWay;

/**
 * Every library of the application that Ferret knows, with how it is seen, or why not and what to do: those that the
 * process has loaded, and those that are installed beside the application.
 *
 * @param directory where the application is. Default: the folder of the script that Node runs, or else the current one.
 */
export function coverage(directory: string = applicationDirectory()): readonly LibraryCoverage[] {
  const found = new Map<string, LibraryCoverage>();
  for (const library of LIBRARIES) {
    for (const way of library.ways) if (way.how === 'node') found.set(way.part, ofNode(library, way));
  }
  const loaded = new Set(loadedFiles().flatMap((filename) => packageFileOf(filename)?.directory ?? []));
  const patched = patchedFiles().map(({ copy }) => copy.directory);
  const names = new Set([
    ...UNSUPPORTED,
    ...WITHOUT_ROUTES,
    ...LIBRARIES.flatMap(waysOf).map((way) => knownAs(way).package),
  ]);
  const installed = [...names].flatMap((name) => installedNear(name, directory) ?? []);
  for (const folder of new Set([...patched, ...loaded, ...installed])) {
    const copy = packageCopyIn(folder);
    if (copy === undefined || !names.has(copy.name)) continue;
    found.set(`${copy.name}@${copy.version}`, ofCopy(copy, loaded.has(folder)));
  }
  for (const name of listedDependencies(directory)) {
    if (names.has(name) && ![...found.values()].some(({ library }) => library === name)) found.set(name, missing(name));
  }
  return [...found.values()];
}

function ofNode({ name }: Library, { part: library }: NodeWay): LibraryCoverage {
  const version = process.versions.node;
  if (!instrumented.has(name)) return { library, version, isLoaded: true, ...notInstrumented(name) };
  return { library, version, seen: 'node', isLoaded: true };
}

function ofCopy(copy: PackageCopy, isLoaded: boolean): LibraryCoverage {
  return { library: copy.name, version: copy.version, isLoaded, ...stateOf(copy) };
}

function stateOf(copy: PackageCopy): Pick<LibraryCoverage, 'seen' | 'reason' | 'advice'> {
  const library = LIBRARIES.find((each) => waysOf(each).some((way) => knownAs(way).package === copy.name));
  if (library === undefined && WITHOUT_ROUTES.includes(copy.name)) {
    return no(
      'no-routes',
      "Its requests are recorded, named by their methods. Name one: currentSpan()?.rename('GET /x').",
    );
  }
  if (library === undefined) {
    return no(
      'no-support',
      'Ferret does not see it by itself. Where OpenTelemetry has an instrumentation of it, registerFerret() of ' +
        "@ferretjs/opentelemetry takes that one's spans; else measure it with defaultFerret().measure('name', fn).",
    );
  }
  if (!instrumented.has(library.name)) return notInstrumented(library.name);
  const ways = waysOf(library).filter((way) => knownAs(way).package === copy.name);
  const fitting = ways.filter((way) => isInRange(copy.version, knownAs(way).versions));
  const states = fitting.map((way) => (way.how === 'channel' ? { seen: 'channel' as const } : stateOfHook(way, copy)));
  const [state] = states;
  if (state === undefined) {
    const known = [...new Set(ways.map((way) => knownAs(way).versions))].join(', ');
    return no('unknown-version', `Ferret knows the versions ${known}. Update ${copy.name}, or Ferret.`);
  }
  // Among several files, the one that is not as expected tells more.
  return states.find((each) => 'reason' in each && each.reason === 'hook-failed') ?? state;
}

function stateOfHook(way: HookWay, copy: PackageCopy): Pick<LibraryCoverage, 'seen' | 'reason' | 'advice'> {
  const known = patchedFiles().find(
    (patched) =>
      patched.way.package === way.package &&
      patched.way.file === way.file &&
      (way.below !== undefined || patched.copy.directory === copy.directory),
  );
  if (known?.error !== undefined) {
    return no('hook-failed', `${way.file} could not be patched. Report it, with the version of ${copy.name}.`);
  }
  if (known === undefined && way.below === undefined && !existsSync(join(copy.directory, way.file))) {
    return no('es-modules-only', 'This version has no CommonJS file that could be patched. Measure its work by hand.');
  }
  return { seen: 'hook' };
}

function notInstrumented(name: string): Pick<LibraryCoverage, 'seen' | 'reason' | 'advice'> {
  return leftOut.has(name)
    ? no('left-out', 'The options only or except of instrument() leave it out.')
    : no('left-out', 'Start the application with: node --import @ferretjs/auto app.js');
}

function missing(library: string): LibraryCoverage {
  return {
    library,
    version: undefined,
    isLoaded: false,
    ...no(
      'not-found',
      'package.json names it, and it is not installed beside the application. If a bundler has put it into the ' +
        'application, tell the bundler to leave it out (external).',
    ),
  };
}

function no(reason: NotSeen, advice: string): { seen: 'no'; reason: NotSeen; advice: string } {
  return { seen: 'no', reason, advice };
}

/** The package that the application has of a way, with its versions. */
function knownAs(way: PackageWay): { readonly package: string; readonly versions: string } {
  return (way.how === 'hook' ? way.below : undefined) ?? way;
}

function waysOf({ ways }: Library): readonly PackageWay[] {
  return ways.filter((way) => way.how !== 'node');
}

/** The folder of a package, where Node would find it from a directory. */
export function installedNear(name: string, directory: string): string | undefined {
  for (const parent of parentsOf(directory)) {
    const folder = join(parent, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return undefined;
}

/** The dependencies that the nearest `package.json` names. */
export function listedDependencies(directory: string): readonly string[] {
  for (const parent of parentsOf(directory)) {
    const dependencies = manifestIn(parent)?.dependencies;
    if (typeof dependencies === 'object' && dependencies !== null) return Object.keys(dependencies);
  }
  return [];
}

function parentsOf(directory: string): readonly string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...parentsOf(parent)];
}

export function applicationDirectory(): string {
  const script = process.argv[1];
  return script === undefined ? process.cwd() : dirname(script);
}
