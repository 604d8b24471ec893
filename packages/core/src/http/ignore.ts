import type { IncomingMessage } from 'node:http';
import { requireSynchronous } from '../synchronous.js';
import type { IgnoreRule } from './http-options.js';

/** One test out of all rules. `onFault` hears of a function that throws; the request is recorded then. */
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

function toTest(rule: IgnoreRule): (request: IncomingMessage, path: string) => boolean {
  // Only `true` ignores: what else is truthy may be a mistake.
  if (typeof rule === 'function') return (request) => requireSynchronous('A function in it', rule(request)) === true;
  if (rule instanceof RegExp) {
    // A copy without `g` and `y`, which make `test` depend on the call before.
    const pattern = new RegExp(rule.source, rule.flags.replace(/[gy]/g, ''));
    return (_request, path) => pattern.test(path);
  }
  if (rule.endsWith('*')) {
    const beginning = rule.slice(0, -1);
    return (_request, path) => path.startsWith(beginning);
  }
  return (_request, path) => path === rule;
}
