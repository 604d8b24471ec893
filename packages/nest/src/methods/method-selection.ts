import { FerretError } from '@ferretjs/core';

/**
 * Methods by `Class`, `Class.method` or a pattern with `*` (`*Repository`, `Orders.find*`), or a RegExp that is tried
 * on `Class.method`.
 */
export type MethodPattern = string | RegExp;

/** The methods that become spans. */
export interface MethodSelection {
  /**
   * Only these. A class that is named here in full is taken wherever it comes from, also from a package. Default: every
   * method of the application's own classes.
   */
  readonly only?: readonly MethodPattern[] | undefined;
  /** All but these. */
  readonly except?: readonly MethodPattern[] | undefined;
}

/** An accepted selection. */
export interface MethodFilter {
  /** False once the application has ended. */
  isInForce: boolean;
  selects(className: string, method: string): boolean;
  /** Whether `only` names this class in full. */
  names(className: string): boolean;
}

const MEMBERS = ['only', 'except'];

/** Selects no method: where something else, such as `@ferretjs/auto`, would record all. */
export const NOTHING: MethodFilter = { isInForce: true, selects: () => false, names: () => false };

/**
 * Checks the option `methods`.
 *
 * @returns `undefined` if nothing is said
 * @throws FerretError `INVALID_OPTION`
 */
export function acceptMethods(option: unknown): MethodFilter | undefined {
  if (option === undefined) return undefined;
  if (option === false) return NOTHING;
  if (option !== true && (typeof option !== 'object' || option === null || Array.isArray(option))) {
    refuse('methods', option, 'true, false or an object with only or except');
  }
  const { only, except } = option === true ? {} : checkMembers(option);
  const selected = only?.map(toPattern);
  const left = except?.map(toPattern);
  return {
    isInForce: true,
    selects: (className, method) => {
      const name = `${className}.${method}`;
      if (left?.some((pattern) => pattern.test(name))) return false;
      return selected === undefined || selected.some((pattern) => pattern.test(name));
    },
    names: (className) =>
      only?.some((it) => typeof it === 'string' && (it === className || it.startsWith(`${className}.`))) ?? false,
  };
}

function checkMembers(selection: object): MethodSelection {
  for (const name of Object.keys(selection)) {
    if (!MEMBERS.includes(name)) refuse(`methods.${name}`, Reflect.get(selection, name), 'nothing: it is unknown');
  }
  const { only, except } = selection as MethodSelection;
  checkPatterns('only', only);
  checkPatterns('except', except);
  return { only: only && [...only], except: except && [...except] };
}

function checkPatterns(name: string, patterns: unknown): void {
  if (patterns === undefined) return;
  const isList =
    Array.isArray(patterns) && patterns.every((it) => it instanceof RegExp || (it && typeof it === 'string'));
  if (!isList) refuse(`methods.${name}`, patterns, "a list of texts ('Orders', 'Orders.find*') and RegExps");
}

/** A RegExp without the flags that make `test` remember. */
function toPattern(pattern: MethodPattern): RegExp {
  if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  const name = pattern.includes('.') ? pattern : `${pattern}.*`;
  return new RegExp(`^${name.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*')}$`);
}

function refuse(option: string, value: unknown, accepts: string): never {
  const got = typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : typeof value;
  throw new FerretError('INVALID_OPTION', `Ferret: the option ${option} got ${got}, and accepts ${accepts}.`);
}
