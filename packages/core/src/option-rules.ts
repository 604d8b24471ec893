import { FerretError } from './errors.js';

/** The check and the description of one option. */
export interface OptionRule {
  /** Words for error messages, as in "batchSize accepts a whole number from 1 to 10000". */
  readonly accepts: string;
  readonly test: (value: unknown) => boolean;
  /** Parses the environment variable; an option without this has no variable. May throw on invalid text. */
  readonly parse?: (text: string) => unknown;
  /** The rules of an object's own members. */
  readonly members?: Readonly<Record<string, OptionRule>>;
}

/** @param what the meaning of the text, such as "the path of a file" */
export const textRule = (what: string): OptionRule => ({
  accepts: `${what} (a string with something in it)`,
  test: (value) => typeof value === 'string' && value.trim() !== '' && !value.includes('\0'),
  parse: (text) => text,
});

export const integerRule = (from: number, to: number): OptionRule => ({
  accepts: `a whole number from ${from} to ${to}`,
  test: (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
  parse: Number,
});

/** @param above an exclusive lower bound */
export const numberRule = (above: number): OptionRule => ({
  accepts: `a number above ${above}, or Infinity`,
  test: (value) => typeof value === 'number' && value > above,
  parse: Number,
});

export const booleanRule = (): OptionRule => ({
  accepts: 'true or false',
  test: (value) => typeof value === 'boolean',
  parse: (text) => ({ true: true, '1': true, false: false, '0': false })[text.toLowerCase()] ?? text,
});

export const oneOfRule = (...words: readonly string[]): OptionRule => ({
  accepts: words.map((word) => `'${word}'`).join(' or '),
  test: (value) => words.includes(value as string),
  parse: (text) => text,
});

export const functionRule = (signature: string): OptionRule => ({
  accepts: `a function ${signature}`,
  test: (value) => typeof value === 'function',
});

/** A list of strings that are not empty. */
export const wordsRule = (): OptionRule => ({
  accepts: 'a list of strings',
  test: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== ''),
});

export const ignoreRule = (): OptionRule => ({
  accepts:
    'a path such as "/health", "/assets/*" or "/users/:id", a RegExp, a function (request) => boolean, ' +
    'or a list of these',
  test: (value) => (Array.isArray(value) ? value : [value]).every(isIgnoreRule),
  parse: (text) => text.split(',').map((path) => path.trim()),
});

function isIgnoreRule(value: unknown): boolean {
  return (typeof value === 'string' && value.startsWith('/')) || value instanceof RegExp || typeof value === 'function';
}

export const objectRule = (members: Readonly<Record<string, OptionRule>>): OptionRule => ({
  accepts: `an object with ${Object.keys(members).join(', ')}`,
  test: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  parse: (text) => JSON.parse(text) as unknown,
  members,
});

/**
 * Checks options and completes them from the environment. Every given name and value is checked first; then options
 * that are not given are read from environment variables (`batchSize` from `FERRET_BATCH_SIZE`). An explicit
 * `undefined` counts as not given.
 *
 * @throws FerretError `INVALID_OPTION` for an unknown name, or a value that its rule does not accept
 */
export function accept<Options extends object>(
  options: Options,
  rules: { readonly [Name in keyof Required<Options>]: OptionRule },
  environment: Readonly<Record<string, string | undefined>>,
): Partial<Options> {
  checkObject('options', options, rules);
  const accepted: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries<OptionRule>(rules)) {
    const given = (options as Record<string, unknown>)[name];
    accepted[name] = given === undefined ? fromEnvironment(name, rule, environment) : given;
  }
  return accepted as Partial<Options>;
}

function checkObject(name: string, value: unknown, rules: Readonly<Record<string, OptionRule>>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(name, value, `an object with ${Object.keys(rules).join(', ')}`);
  }
  for (const [member, given] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, member) ? rules[member] : undefined;
    if (rule === undefined) throw unknown(member, Object.keys(rules));
    if (given !== undefined) check(member, given, rule);
  }
}

function check(name: string, value: unknown, rule: OptionRule): void {
  if (!rule.test(value)) throw invalid(`the option ${name}`, value, rule.accepts);
  if (rule.members !== undefined) checkObject(`the option ${name}`, value, rule.members);
}

function fromEnvironment(
  name: string,
  rule: OptionRule,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  const variable = `FERRET_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  const text = environment[variable];
  if (text === undefined || text === '' || rule.parse === undefined) return undefined;
  try {
    const value = rule.parse(text);
    check(name, value, rule);
    return value;
  } catch (cause) {
    throw new FerretError(
      'INVALID_OPTION',
      `The environment variable ${variable} is ${JSON.stringify(text)}, and accepts ${rule.accepts}.`,
      { cause },
    );
  }
}

function invalid(what: string, value: unknown, accepts: string): FerretError {
  return new FerretError('INVALID_OPTION', `Ferret: ${what} got ${describe(value)}, and accepts ${accepts}.`);
}

function unknown(name: string, known: readonly string[]): FerretError {
  return new FerretError('INVALID_OPTION', `Ferret: there is no option ${name}. The options are ${known.join(', ')}.`);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
