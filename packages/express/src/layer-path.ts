import { type Alternative, alternativesOf, isOfPath, pathOfExpression } from './express-4-path.js';
import type { Layer, Matcher } from './express-types.js';
import { probePath } from './probed-path.js';

/**
 * Returns the path that a layer was registered with, without trailing slashes; for a list, the path that matched. The
 * result is always text of the application, never of a request. Returns `undefined` if Express does not have the path.
 *
 * @param path the path that the layer was matched against
 */
export function registeredPath(layer: Layer, path: () => string): string | undefined {
  const registered = layer.route === undefined ? layer.rawPath : layer.route.path;
  if (typeof registered === 'string') return withoutSlashes(registered);
  if (registered instanceof RegExp) return String(registered);
  if (Array.isArray(registered)) return pathOfList(layer, registered.flat(Number.POSITIVE_INFINITY), path());
  if (layer.regexp !== undefined) return pathOfMount4(layer, path);
  return layer.matchers === undefined ? undefined : probePath(layer, layer.matchers, path());
}

/**
 * Returns the part that a mount removes from a path, without trailing slashes; `undefined` if the mount does not match.
 */
export function partTaken(layer: Layer, path: string): string | undefined {
  if (layer.slash || layer.regexp?.fast_slash) return '';
  const { regexp, matchers } = layer;
  if (regexp !== undefined) {
    const found = plain(regexp).exec(path)?.[0];
    return found === undefined ? undefined : withoutSlashes(found);
  }
  const match = matchers && firstMatch(matchers, path);
  return match ? withoutSlashes(match.path) : undefined;
}

/** Copies an expression without the flags that would change the state of the application's own. */
function plain(regexp: RegExp): RegExp {
  return regexp.global || regexp.sticky ? new RegExp(regexp.source, regexp.flags.replace(/[gy]/g, '')) : regexp;
}

function firstMatch(matchers: readonly Matcher[], path: string): ReturnType<Matcher> | undefined {
  for (const matcher of matchers) {
    const match = matcher(path);
    if (match) return match;
  }
  return undefined;
}

function pathOfList(layer: Layer, paths: readonly unknown[], path: string): string {
  const index = layer.regexp === undefined ? indexOf5(layer, path) : indexOf4(layer, path);
  const isTold = index.of === paths.length && index.at !== -1;
  return isTold ? text(paths[index.at]) : paths.map(text).join('|');
}

interface Index {
  readonly at: number;
  readonly of: number;
}

function indexOf5({ matchers = [] }: Layer, path: string): Index {
  return { at: matchers.findIndex((matcher) => matcher(path)), of: matchers.length };
}

function indexOf4(layer: Layer, path: string): Index {
  const alternatives = alternativesOf4(layer);
  return { at: alternatives.findIndex(({ expression }) => expression.test(path)), of: alternatives.length };
}

const alternatives4 = new WeakMap<Layer, readonly Alternative[]>();

function alternativesOf4(layer: Layer): readonly Alternative[] {
  let alternatives = alternatives4.get(layer);
  if (alternatives === undefined) {
    alternatives = layer.regexp === undefined ? [] : alternativesOf(layer.regexp, layer.keys ?? []);
    alternatives4.set(layer, alternatives);
  }
  return alternatives;
}

/** The paths of mounts in Express 4, which keeps only expressions. */
const mounts4 = new WeakMap<Layer, readonly string[]>();

function pathOfMount4(layer: Layer, path: () => string): string | undefined {
  let paths = mounts4.get(layer);
  if (paths === undefined) {
    paths = pathsOfMount4(layer);
    mounts4.set(layer, paths);
  }
  if (paths.length === 1) return paths[0];
  return paths[indexOf4(layer, path()).at] ?? paths.join('|');
}

function pathsOfMount4(layer: Layer): readonly string[] {
  const { regexp } = layer;
  if (regexp === undefined) return [];
  const alternatives = alternativesOf4(layer);
  // An expression of the application may itself have alternatives.
  if (!alternatives.some(({ expression }) => isOfPath(expression))) return [String(regexp)];
  return alternatives.map((one) => withoutSlashes(pathOfExpression(one.expression, one.keys)));
}

function text(path: unknown): string {
  return typeof path === 'string' ? withoutSlashes(path) : String(path);
}

function withoutSlashes(path: string): string {
  return path.endsWith('/') ? path.replace(/\/+$/, '') : path;
}
