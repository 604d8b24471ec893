import type { Key } from './express-types.js';

/** The end of the expressions that `path-to-regexp` 0.1 makes: of a mount, and of a route. */
const TAIL = /\\\/\?(?:\(\?=\\\/\|\$\)|\$)$/;

/** The group of a parameter: without an expression of its own, the same after text (0.1.10 and newer), or with one. */
const CAPTURE = [
  String.raw`\(\[\^\\?\/(?:\\\.)?\]\+\?\)`,
  String.raw`\(\(\?:\(\?!\\\/\|(?:[^()\\]|\\.)*\)\.\)\+\?\)`,
  String.raw`\((?!\?)(?:[^()\\]|\\.|\(\.\*\))*\)`,
].join('|');
const STAR = String.raw`\(\(\?:\[\\?\/(?:\\\.)?\]\.\+\?\)\?\)`;
const PARAMETER = String.raw`(\\\/)?\(\?:(\\\.)?(\\\/)?(${CAPTURE})(${STAR})?\)(\?)?`;
const TOKEN = new RegExp(String.raw`${PARAMETER}|\(\.\*\)|\\\/\(\?:|\\.|\((?:\?<(?![=!]))?(?!\?)`, 'g');
const WITHOUT_EXPRESSION = /^\((?:\[\^\\?\/(?:\\\.)?\]\+\?|\(\?:\(\?!\\\/\|.*\)\.\)\+\?)\)$/;
const GROUP = /\\.|\[(?:[^\]\\]|\\.)*\]|\((?:\?<(?![=!])|(?!\?))/g;

/**
 * Returns the path from which Express 4 made an expression. A layer of a mount keeps only the expression, and the
 * output of `path-to-regexp` 0.1 can be read back: `^\/t\/(?:([^\/]+?))\/?(?=\/|$)` is `/t/:tenant`. An expression that
 * it did not make is returned as text. This code never sees a request.
 */
export function pathOfExpression({ source, flags }: RegExp, keys: readonly Key[]): string {
  const body = source.startsWith('^') ? source.replace(TAIL, '') : source;
  if (body.length === source.length) return `/${source}/${flags}`;
  let group = 0;
  return body.slice(1).replace(TOKEN, (...found: (string | undefined)[]) => {
    const [token = '', before, dot, within, capture, star, optional] = found;
    const name = keys[group]?.name;
    group += groupsIn(token);
    if (token === '(.*)') return '*';
    if (capture === undefined || typeof name !== 'string') return readBack(token);
    const own = WITHOUT_EXPRESSION.test(capture) ? '' : readBack(capture);
    return `${before || within ? '/' : ''}${dot ? '.' : ''}:${name}${own}${star ? '*' : ''}${optional ?? ''}`;
  });
}

/** Reads literal text back: slashes and dots were escaped, and `/(` became `/(?:`. */
function readBack(token: string): string {
  return token
    .replaceAll('(.*)', '*')
    .replace(/\\([/.])/g, '$1')
    .replace('/(?:', '/(');
}

/** Whether an expression was made from a path, so that the path can be read back. */
export function isOfPath({ source }: RegExp): boolean {
  return source.startsWith('^') && TAIL.test(source);
}

/** An alternative in the expression of a list of paths. */
export interface Alternative {
  readonly expression: RegExp;
  readonly keys: readonly Key[];
}

/** Splits the expression of a list of paths: `path-to-regexp` 0.1 joins the expressions of the paths with `|`. */
export function alternativesOf({ source, flags }: RegExp, keys: readonly Key[]): readonly Alternative[] {
  let at = 0;
  return partsOf(source).map((part) => {
    const own = keys.slice(at, at + groupsIn(part));
    at += own.length;
    return { expression: new RegExp(part, flags.replace(/[gy]/g, '')), keys: own };
  });
}

/** Each path of a list begins with `^`. A part that does not continues a path that contains a `|`. */
function partsOf(source: string): readonly string[] {
  const parts: string[] = [];
  for (const part of splitAtTop(source)) {
    if (/^\(\?:\^.*\)$/s.test(part)) parts.push(...partsOf(part.slice(3, -1)));
    else if (part.startsWith('^') || parts.length === 0) parts.push(part);
    else parts.push(`${parts.pop()}|${part}`);
  }
  return parts;
}

/** Splits an expression at each `|` outside of groups and classes. */
function splitAtTop(source: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of source.matchAll(/\\.|\[(?:[^\]\\]|\\.)*\]|[()|]/gs)) {
    if (token === '(') depth++;
    else if (token === ')') depth--;
    else if (token === '|' && depth === 0) {
      parts.push(source.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, source.slice(start)];
}

function groupsIn(source: string): number {
  let count = 0;
  for (const [token] of source.matchAll(GROUP)) if (token.startsWith('(')) count++;
  return count;
}
