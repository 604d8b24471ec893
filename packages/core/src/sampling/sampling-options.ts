import { FerretError } from '../errors.js';
import { accept, booleanRule, integerRule, numberRule, type OptionRule } from '../option-rules.js';
import { findOverlap, parsePattern } from './route-pattern.js';

/** Sampling options for the spans of one route. */
export interface SamplingRule {
  /**
   * A route template (`/users/:id`) or the beginning of routes (`/api/*`), each with or without a method before it
   * (`GET /users/:id`); or the name of a span that begins a trace and is not a request.
   */
  readonly route: string;
  /**
   * Budget of the route in kept spans a second, separate from the general one. 0 keeps only preferred traces,
   * `Infinity` keeps everything. Default: the value of the general budget.
   */
  readonly maxSpansPerSecond?: number;
  /**
   * Duration in milliseconds above which a trace of the route is slow. Default: `keepSlowerThanMillis` of the options,
   * or the route's running p99.
   */
  readonly keepSlowerThanMillis?: number;
}

/** The options that decide which spans are kept in detail. Counts and latencies are exact with any of them. */
export interface SamplingOptions {
  /**
   * Budget of kept spans a second, from above 0 to 1,000,000, or `Infinity`. Failed, interrupted and slow requests, and
   * traces annotated with `ferret.keep: true`, are preferred; so are aborted ones, up to a quarter of the budget. Other
   * traces are kept while there is room. `Infinity` without `rules` keeps everything. Default 1,000.
   */
  readonly maxSpansPerSecond?: number;
  /**
   * Maximum number of spans that are kept in a second when more than the budget is preferred, for example when
   * everything fails. At least `maxSpansPerSecond`. Default ten times the budget.
   */
  readonly ceilingSpansPerSecond?: number;
  /** Duration in milliseconds above which a trace is slow. Default: the running p99 of each route. */
  readonly keepSlowerThanMillis?: number;
  /** Options for single routes. Two rules may not match the same route. At most 1,000 rules. Default none. */
  readonly rules?: readonly SamplingRule[];
  /**
   * Maximum number of spans below the first of a trace that have a row of their own, from 1 to 32,768. Further ones are
   * folded into the first: counted and summed by name. Not where `maxSpansPerSecond` is `Infinity`. Default 512.
   */
  readonly maxChildSpans?: number;
  /**
   * Whether requests for `/health` and `/metrics` that were answered with 2xx within 100 ms are kept like any other.
   * Default false.
   */
  readonly keepHealthChecks?: boolean;
}

/** Some of the options; `undefined` means not given. */
type Given = { readonly [Name in keyof SamplingOptions]?: SamplingOptions[Name] | undefined };

/** Sampling options after they were checked, completed, copied and frozen. */
export interface ResolvedSampling {
  readonly maxSpansPerSecond: number;
  readonly ceilingSpansPerSecond: number;
  readonly keepSlowerThanMillis: number | undefined;
  readonly rules: readonly SamplingRule[];
  readonly maxChildSpans: number;
  readonly keepHealthChecks: boolean;
}

/** The defaults of the sampling options. */
export const SAMPLING_DEFAULTS = {
  maxSpansPerSecond: 1_000,
  rules: [],
  maxChildSpans: 512,
  keepHealthChecks: false,
} as const;

const CEILING_FACTOR = 10;
/** No single process records more; `Infinity` keeps everything. */
const MAX_BUDGET = 1_000_000;
/** All traces that wait hold no more. */
const MAX_CHILD_SPANS = 32_768;
/** Bounded because every new name is compared with every rule. */
const MAX_RULES = 1_000;

const isBudget = (value: unknown) =>
  typeof value === 'number' && (value <= MAX_BUDGET || value === Number.POSITIVE_INFINITY);

const budgetRule = (): OptionRule => ({
  accepts: `a number above 0 and up to ${MAX_BUDGET}, or Infinity`,
  test: (value) => isBudget(value) && Number(value) > 0,
  parse: Number,
});

const ruleBudgetRule: OptionRule = {
  accepts: `a number from 0 to ${MAX_BUDGET}, or Infinity`,
  test: (value) => isBudget(value) && Number(value) >= 0,
};

const routeRule: OptionRule = {
  accepts: 'a route such as "/users/:id", "/api/*" or "GET /users/:id"',
  test: (value) => typeof value === 'string' && parsePattern(value) !== undefined,
};

/** The check of each option. Checks that involve several options are in {@link resolveSampling}. */
export const SAMPLING_RULES: { readonly [Name in keyof Required<SamplingOptions>]: OptionRule } = {
  maxSpansPerSecond: budgetRule(),
  ceilingSpansPerSecond: budgetRule(),
  keepSlowerThanMillis: numberRule(0),
  rules: {
    accepts: 'a list of rules such as { route: "/api/*", maxSpansPerSecond: 100, keepSlowerThanMillis: 500 }',
    test: Array.isArray,
    parse: (text) => JSON.parse(text) as unknown,
  },
  maxChildSpans: integerRule(1, MAX_CHILD_SPANS),
  keepHealthChecks: booleanRule(),
};

const MEMBERS: { readonly [Name in keyof Required<SamplingRule>]: OptionRule } = {
  route: routeRule,
  maxSpansPerSecond: ruleBudgetRule,
  keepSlowerThanMillis: numberRule(0),
};

/**
 * Completes options that {@link SAMPLING_RULES} accepted.
 *
 * @throws FerretError `INVALID_OPTION` for a malformed rule, for two rules that match the same route, and for a ceiling
 * below the budget
 */
export function resolveSampling(given: Given): ResolvedSampling {
  const maxSpansPerSecond = given.maxSpansPerSecond ?? SAMPLING_DEFAULTS.maxSpansPerSecond;
  const ceilingSpansPerSecond = given.ceilingSpansPerSecond ?? maxSpansPerSecond * CEILING_FACTOR;
  if (ceilingSpansPerSecond < maxSpansPerSecond) {
    throw invalid(
      `the option ceilingSpansPerSecond got ${ceilingSpansPerSecond}, and accepts no less than maxSpansPerSecond, ` +
        maxSpansPerSecond,
    );
  }
  return Object.freeze({
    maxSpansPerSecond,
    ceilingSpansPerSecond,
    keepSlowerThanMillis: given.keepSlowerThanMillis,
    rules: resolveRules(given.rules ?? SAMPLING_DEFAULTS.rules),
    maxChildSpans: given.maxChildSpans ?? SAMPLING_DEFAULTS.maxChildSpans,
    keepHealthChecks: given.keepHealthChecks ?? SAMPLING_DEFAULTS.keepHealthChecks,
  });
}

/**
 * Replaces some options.
 *
 * @throws FerretError `INVALID_OPTION`, as at construction
 */
export function changeSampling(current: ResolvedSampling, changes: SamplingOptions): ResolvedSampling {
  const given = accept(changes, SAMPLING_RULES, {});
  const hasDefaultCeiling = current.ceilingSpansPerSecond === current.maxSpansPerSecond * CEILING_FACTOR;
  return resolveSampling({
    maxSpansPerSecond: given.maxSpansPerSecond ?? current.maxSpansPerSecond,
    ceilingSpansPerSecond:
      given.ceilingSpansPerSecond ?? (hasDefaultCeiling ? undefined : current.ceilingSpansPerSecond),
    keepSlowerThanMillis: given.keepSlowerThanMillis ?? current.keepSlowerThanMillis,
    rules: given.rules ?? current.rules,
    maxChildSpans: given.maxChildSpans ?? current.maxChildSpans,
    keepHealthChecks: given.keepHealthChecks ?? current.keepHealthChecks,
  });
}

function resolveRules(rules: readonly unknown[]): readonly SamplingRule[] {
  if (rules.length > MAX_RULES)
    throw invalid(`the option rules has ${rules.length} rules, and accepts at most ${MAX_RULES}`);
  const checked = rules.map(checkRule);
  const overlap = findOverlap(checked.map(({ route }) => route));
  if (overlap !== undefined) {
    const [first, second] = overlap.map((index) => `rules[${index}] (${JSON.stringify(checked[index]!.route)})`);
    throw invalid(`${first} and ${second} match the same route. Give each route one rule`);
  }
  return Object.freeze(checked);
}

function checkRule(rule: unknown, index: number): SamplingRule {
  const names = Object.keys(MEMBERS);
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) {
    throw invalid(`rules[${index}] is not an object with ${names.join(', ')}`);
  }
  for (const name of Object.keys(rule)) {
    if (!Object.hasOwn(MEMBERS, name))
      throw invalid(`rules[${index}] has no option ${name}. Its options are ${names.join(', ')}`);
  }
  const given = rule as SamplingRule;
  for (const name of names as (keyof SamplingRule)[]) {
    const value: unknown = given[name];
    if (value === undefined && name !== 'route') continue;
    if (!MEMBERS[name].test(value)) {
      const got = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'number' ? value : typeof value;
      throw invalid(`rules[${index}].${name} got ${got}, and accepts ${MEMBERS[name].accepts}`);
    }
  }
  return Object.freeze({ ...given });
}

function invalid(what: string): FerretError {
  return new FerretError('INVALID_OPTION', `Ferret: ${what}.`);
}
