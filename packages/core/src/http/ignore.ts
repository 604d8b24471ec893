import type { IncomingMessage } from 'node:http';
import { requireSynchronous } from '../synchronous.js';
import type { IgnoreRule } from './http-options.js';

/**
 * Combines all rules into one test. `onFault` receives the error of a function that throws; the request is then
 * recorded.
 */
export function createIgnore(
  rules: readonly IgnoreRule[],
  onFault: (error: unknown) => void,
): (request: IncomingMessage, path: string) => boolean {
  if (rules.length === 0) return () => false;
  const tests = rules.map(toTest);
  return (request, path) => {
    try {
      return tests.some((test) => test(request, path));
    } catch (error) {
      onFault(error);
      return false;
    }
  };
}

/** Combines the rules for paths into one test, for requests of which no more is known. */
export function createPathIgnore(rules: readonly IgnoreRule[]): (path: string) => boolean {
  const tests = rules.filter((rule) => typeof rule !== 'function').map(toPathTest);
  return (path) => tests.some((test) => test(path));
}

function toTest(rule: IgnoreRule): (request: IncomingMessage, path: string) => boolean {
  // Only `true` ignores a request: another truthy value may be a mistake.
  if (typeof rule === 'function') return (request) => requireSynchronous('A function in it', rule(request)) === true;
  const test = toPathTest(rule);
  return (_request, path) => test(path);
}

function toPathTest(rule: string | RegExp): (path: string) => boolean {
  if (rule instanceof RegExp) {
    // Copied without the flags `g` and `y`, which make `test` depend on the previous call.
    const pattern = new RegExp(rule.source, rule.flags.replace(/[gy]/g, ''));
    return (path) => pattern.test(path);
  }
  const isBeginning = rule.endsWith('*');
  const text = isBeginning ? rule.slice(0, -1) : rule;
  if (text.includes('/:')) {
    const pattern = new RegExp(`^${text.split('/').map(toPattern).join('/')}${isBeginning ? '' : '$'}`);
    return (path) => pattern.test(path);
  }
  return isBeginning ? (path) => path.startsWith(text) : (path) => path === text;
}

/** The pattern of one segment of a route. A parameter matches any text in its place. */
function toPattern(segment: string): string {
  return segment.startsWith(':') ? '[^/]+' : segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
