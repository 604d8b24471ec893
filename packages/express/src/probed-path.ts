import type { Layer, Matcher } from './express-types.js';

/** Longest path that is probed: clients choose its length. */
const MAX_LENGTH = 256;
const MAX_PATHS = 16;

/** A character that no path of an application contains, and that every parameter matches. */
const SENTINEL = '\u0001';

const known = new WeakMap<Layer, Map<string, string>>();

/**
 * Finds the path a mount was registered with, for routers 2.0 to 2.2 (Express 5.0 and 5.1), which keep only a function
 * that matches it. Each character of a path that matched is replaced in turn. If the mount still matches, the character
 * belongs to a parameter; otherwise it belongs to the application's path. The result has the names of parameters, never
 * their values.
 *
 * @returns `undefined` for an expression, whose characters cannot be told apart like that
 */
export function probePath(layer: Layer, matchers: readonly Matcher[], path: string): string | undefined {
  for (const [index, matcher] of matchers.entries()) {
    const match = matcher(path);
    if (!match) continue;
    const names = Object.keys(match.params);
    // `path-to-regexp` names its function `match`; for an expression the router has a function of its own.
    if (matcher.name !== 'match') return undefined;
    const key = `${index} ${names.join()}`;
    let paths = known.get(layer);
    let probed = paths?.get(key);
    if (probed === undefined && path.length <= MAX_LENGTH) {
      probed = probe(matcher, match.path, names);
      if (paths === undefined) {
        paths = new Map();
        known.set(layer, paths);
      }
      if (probed !== undefined && paths.size < MAX_PATHS) paths.set(key, probed);
    }
    return probed;
  }
  return undefined;
}

function probe(matcher: Matcher, path: string, names: readonly string[]): string | undefined {
  const valuesOf = (changed: string): string[] | undefined => {
    const match = matcher(changed);
    if (!match || match.path !== changed) return undefined;
    return names.map((name) => String(match.params[name]));
  };
  const values = valuesOf(path);
  if (values === undefined) return undefined;
  let result = '';
  let last = -1;
  for (let at = 0; at < path.length; at++) {
    const swap = (by: string) => path.slice(0, at) + by + path.slice(at + 1);
    const owner = ownerOf(swap(SENTINEL), values, valuesOf);
    if (owner === undefined) {
      result += literal(path[at] ?? '', (by) => valuesOf(swap(by)) !== undefined);
      last = -1;
      continue;
    }
    // Inside an escape like `%41` a changed character causes an error; it then belongs to the same parameter as the one
    // before.
    if (owner === -1 ? last === -1 : owner !== last) {
      if (owner === -1) return undefined;
      const name = names[owner] ?? '';
      result += Array.isArray(matcherValue(matcher, path, name)) ? `*${name}` : `:${name}`;
      last = owner;
    }
  }
  const isWhole = names.every((name) => result.includes(`:${name}`) || result.includes(`*${name}`));
  return isWhole ? result.replace(/\/+$/, '') : undefined;
}

function matcherValue(matcher: Matcher, path: string, name: string): unknown {
  const match = matcher(path);
  return match ? match.params[name] : undefined;
}

/**
 * Returns the parameter that a changed character belongs to; `-1` if that is unknown, `undefined` for a character of
 * the application's path.
 */
function ownerOf(
  changed: string,
  values: readonly string[],
  valuesOf: (path: string) => readonly string[] | undefined,
): number | undefined {
  try {
    const now = valuesOf(changed);
    return now === undefined ? undefined : now.findIndex((value, index) => value !== values[index]);
  } catch {
    return -1;
  }
}

/** Returns a letter that matches in both cases in lower case, so that requests do not choose the case. */
function literal(character: string, matches: (by: string) => boolean): string {
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  return lower !== upper && matches(lower) && matches(upper) ? lower : character;
}
