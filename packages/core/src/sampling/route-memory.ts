import type { SpanData } from '../trace/span-data.js';
import { KeptShare } from './kept-share.js';
import { matches, mayMatch, parsePattern, type RoutePattern } from './route-pattern.js';
import type { ResolvedSampling, SamplingRule } from './sampling-options.js';
import { SlowThreshold } from './slow-threshold.js';
import { TokenBucket } from './token-bucket.js';

/**
 * Shares of a budget. Late spans and further roots of kept traces may take the first in preference to other traces;
 * ordinary traces are guaranteed the second.
 */
const FURTHER_SHARE = 0.5;
const RESERVED_SHARE = 0.1;
/**
 * A short fill time, so that a burst of late spans is paid back within a second. The least capacity is enough for the
 * spans that a request leaves behind at its end.
 */
const FURTHER = { fillSeconds: 0.25, leastCapacity: 16 };

/** Maximum number of names with a p99 of their own. Further names share one. */
const MAX_NAMES = 2_000;

/** The budget and the threshold of some routes: the general ones, or those of a rule. */
export interface Policy {
  readonly bucket: TokenBucket;
  /** A part of the bucket: room for further spans of kept traces. */
  readonly further: TokenBucket;
  /** A part of the bucket: room for ordinary traces while others use the whole bucket. */
  readonly reserve: TokenBucket;
  /** The kept share of the traces that compete for the bucket. */
  readonly share: KeptShare;
  /** Duration above which a trace is slow; `undefined` if the route's own p99 decides. */
  readonly slowerThanNanos: number | undefined;
}

/** The state of the traces that begin with a span of one name. */
export interface Route {
  readonly threshold: SlowThreshold;
  policy: Policy;
  /** The method and the path by which the policy was found. */
  method: string | undefined;
  path: string | undefined;
}

/** Finds the state of a span's name, and the policy of its route. */
export class RouteMemory {
  readonly #routes = new Map<string, Route>();
  #others: Route;
  #general: Policy;
  #rules: readonly { readonly pattern: RoutePattern; readonly policy: Policy }[];

  constructor(options: ResolvedSampling) {
    this.#general = createPolicy(options, {});
    this.#rules = createRules(options);
    this.#others = createRoute(this.#general);
  }

  /** The policy for roots without a route. */
  get general(): Policy {
    return this.#general;
  }

  /** Changes budgets and rules. The observed latencies of the routes stay. */
  configure(options: ResolvedSampling): void {
    this.#general = createPolicy(options, {});
    this.#rules = createRules(options);
    for (const route of [...this.#routes.values(), this.#others]) route.path = undefined;
  }

  /** Returns the state of a root that has ended, whose name is final. */
  of(root: SpanData): Route {
    let route = this.#routes.get(root.name);
    if (route === undefined) {
      if (this.#routes.size < MAX_NAMES) {
        route = createRoute(this.#general);
        this.#routes.set(root.name, route);
      } else {
        route = this.#others;
      }
    }
    const path = root.httpRoute ?? root.name;
    // Spans may be renamed, so one name may have several routes.
    if (route.path !== path || route.method !== root.httpMethod) {
      route.path = path;
      route.method = root.httpMethod;
      route.policy = this.#policyFor(root.httpMethod, path);
    }
    return route;
  }

  /** Whether a request may belong to a route that has a rule. */
  mayHaveRule(root: SpanData): boolean {
    const { path } = root;
    return this.#rules.some(({ pattern }) =>
      mayMatch(pattern, root.httpMethod, typeof path === 'string' ? path : undefined),
    );
  }

  #policyFor(method: string | undefined, path: string): Policy {
    for (const { pattern, policy } of this.#rules) {
      if (matches(pattern, method, path)) return policy;
    }
    return this.#general;
  }
}

function createRoute(policy: Policy): Route {
  return { threshold: new SlowThreshold(), policy, method: undefined, path: undefined };
}

function createRules(options: ResolvedSampling): { readonly pattern: RoutePattern; readonly policy: Policy }[] {
  return options.rules.map((rule) => ({ pattern: parsePattern(rule.route)!, policy: createPolicy(options, rule) }));
}

function createPolicy(options: ResolvedSampling, rule: Partial<SamplingRule>): Policy {
  const slowerThanMillis = rule.keepSlowerThanMillis ?? options.keepSlowerThanMillis;
  const budget = rule.maxSpansPerSecond ?? options.maxSpansPerSecond;
  return {
    bucket: new TokenBucket(budget),
    further: new TokenBucket(budget * FURTHER_SHARE, FURTHER),
    reserve: new TokenBucket(budget * RESERVED_SHARE),
    share: new KeptShare(),
    slowerThanNanos: slowerThanMillis === undefined ? undefined : slowerThanMillis * 1e6,
  };
}
