import type { SpanData } from '../trace/recording-span.js';
import { KeptShare } from './kept-share.js';
import { matches, parsePattern, type RoutePattern } from './route-pattern.js';
import type { ResolvedSampling, SamplingRule } from './sampling-options.js';
import { SlowThreshold } from './slow-threshold.js';
import { TokenBucket } from './token-bucket.js';

/** Names with a p99 of their own. Those that come later share one. */
const MAX_NAMES = 2_000;

/** What holds for some routes: the general budget, or a rule's. */
export interface Policy {
  readonly bucket: TokenBucket;
  /** Of what competes for the bucket. */
  readonly share: KeptShare;
  /** `undefined` where the route's own p99 decides. */
  readonly slowerThanNanos: number | undefined;
}

/** What is known of the traces that begin with a span of one name. */
export interface Route {
  readonly threshold: SlowThreshold;
  policy: Policy;
  /** What the policy was found by. */
  method: string | undefined;
  path: string | undefined;
}

/** Finds what is known of a span's name, and the policy for its route. */
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

  /** For what has no route yet. */
  get general(): Policy {
    return this.#general;
  }

  /** Other budgets and rules; what is known of the routes' latencies stays. */
  configure(options: ResolvedSampling): void {
    this.#general = createPolicy(options, {});
    this.#rules = createRules(options);
    for (const route of [...this.#routes.values(), this.#others]) route.path = undefined;
  }

  /** Of a root that has ended: its name is final then. */
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
    // Spans may be renamed, so that one name has several routes.
    if (route.path !== path || route.method !== root.httpMethod) {
      route.path = path;
      route.method = root.httpMethod;
      route.policy = this.#policyFor(root.httpMethod, path);
    }
    return route;
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
  return {
    bucket: new TokenBucket(rule.maxSpansPerSecond ?? options.maxSpansPerSecond),
    share: new KeptShare(),
    slowerThanNanos: slowerThanMillis === undefined ? undefined : slowerThanMillis * 1e6,
  };
}
