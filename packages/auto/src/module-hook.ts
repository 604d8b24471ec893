import Module from 'node:module';
import { processWide } from '@ferretjs/core/adapter';
import { reportFault } from './fault.js';
import type { HookWay, PackageCopy } from './library.js';
import { packageCopyIn, packageFileOf } from './package-copy.js';
import { isInRange } from './version-range.js';

type Load = (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown;

/** The parts of Node's CommonJS loader that tools have long relied on (ts-node, Jest, every APM agent). */
interface CommonJsLoader {
  _load: Load;
  _resolveFilename(request: string, parent: unknown, isMain: boolean): string;
  readonly _cache: Readonly<Record<string, { readonly exports: unknown; readonly loaded: boolean } | undefined>>;
}

/** The outcome of patching a library's file in one copy of its package. */
export interface Patched {
  readonly way: HookWay;
  readonly copy: PackageCopy;
  /** The error of the patch, if it failed. */
  readonly error?: unknown;
}

const loader = Module as unknown as CommonJsLoader;

/** Files by the last part of the text that requires them: most calls of `require` are told by one look-up. */
const waysByWord = new Map<string, Set<HookWay>>();
/** By filename. Shared by both builds: one of them patches, and either may be asked for the coverage. */
const patched = processWide('auto.patched', () => new Map<string, Patched>());
let isInstalled = false;

/**
 * Patches a library's file when it is loaded, in each copy of the package whose version is known; at once where it is
 * loaded already. It serves `require` and `import` alike, as Node loads CommonJS files for both through `Module._load`.
 */
export function hookFile(way: HookWay): void {
  // `require('./cluster')` may mean `cluster/index.js`.
  const folder = way.file.replace(/\/index\.js$/, '');
  for (const word of [wordOf(way.file), wordOf(folder), wordOf(way.package)]) {
    const ways = waysByWord.get(word) ?? new Set();
    waysByWord.set(word, ways.add(way));
  }
  for (const filename of Object.keys(loader._cache ?? {})) {
    if (filename.endsWith(pathSuffix(way.file))) patchFile(filename, new Set([way]));
  }
  if (!isInstalled) install();
}

/** Every file that has been patched, or could not be. */
export function patchedFiles(): readonly Patched[] {
  return [...patched.values()];
}

/** The files of CommonJS modules that are loaded. */
export function loadedFiles(): readonly string[] {
  return Object.keys(loader._cache ?? {});
}

function install(): void {
  isInstalled = true;
  const { _load: original } = loader;
  // Jest and Vite have module systems of their own, where this is another object, or nothing.
  if (typeof original !== 'function') return;
  loader._load = function (request, parent, isMain) {
    // biome-ignore lint/complexity/noArguments: whatever else a caller passes goes on as it came
    const exports = original.apply(this, arguments as unknown as Parameters<Load>);
    afterLoad(request, parent, isMain);
    return exports;
  };
}

/** Runs after every call of `require`, also for what is loaded already. */
function afterLoad(request: unknown, parent: unknown, isMain: boolean): void {
  try {
    if (typeof request !== 'string') return;
    const ways = waysByWord.get(wordOf(request));
    if (ways !== undefined) patchFile(loader._resolveFilename(request, parent, isMain), ways);
    else if (!request.startsWith('.')) afterLoadByAlias(parent as Parent | undefined);
  } catch {
    // Another tool has answered the request, without a file.
  }
}

interface Parent {
  readonly children?: readonly { readonly filename?: unknown }[];
}

/**
 * A package may be installed under another name (`npm:koa@2`). Node has put the module at the end of its parent's list.
 */
function afterLoadByAlias(parent: Parent | undefined): void {
  const filename = parent?.children?.at(-1)?.filename;
  if (typeof filename !== 'string') return;
  const ways = waysByWord.get(wordOf(filename));
  if (ways !== undefined) patchFile(filename, ways);
}

/**
 * Patches a file that is one of these. A file that is still being loaded, in a circle, is left to the call that loads
 * it.
 */
function patchFile(filename: string, ways: ReadonlySet<HookWay>): void {
  const module = loader._cache[filename];
  if (module?.loaded !== true || patched.has(filename)) return;
  const file = packageFileOf(filename);
  if (file === undefined) return;
  for (const way of ways) {
    if (way.file !== file.path) continue;
    const copy = copyOf(way, file.folder, file.directory);
    if (copy === undefined || !isInRange(copy.version, way.versions)) continue;
    patched.set(filename, apply(way, module.exports, copy));
    return;
  }
}

/**
 * A package under an alias (`npm:koa@2`) is told by its manifest, unless so many packages have such a file that it
 * would cost.
 */
function copyOf(way: HookWay, folder: string, directory: string): PackageCopy | undefined {
  if (folder !== way.package && !way.file.includes('/')) return undefined;
  const copy = packageCopyIn(directory);
  return copy?.name === way.package ? copy : undefined;
}

function apply(way: HookWay, exports: unknown, copy: PackageCopy): Patched {
  try {
    way.patch(exports, copy);
    return { way, copy };
  } catch (error) {
    reportFault(`the hook of ${copy.name} ${copy.version}`, error);
    return { way, copy, error };
  }
}

/** The last part of a path or a package's name, without the ending of a script. */
function wordOf(request: string): string {
  const name = request.slice(Math.max(request.lastIndexOf('/'), request.lastIndexOf('\\')) + 1);
  return name.endsWith('.js') ? name.slice(0, -3) : name.endsWith('.cjs') ? name.slice(0, -4) : name;
}

function pathSuffix(file: string): string {
  return file.replaceAll('/', process.platform === 'win32' ? '\\' : '/');
}
