import type { SpanSampling } from '../trace/span.js';
import type { LocalTrace, SpanData } from '../trace/span-data.js';
import { asks } from './asks.js';
import { admitsRoot, Budget } from './budget.js';
import { expectedRows } from './fold-repeats.js';
import { FAST_MILLIS, healthOf, mayBeHealthCheck } from './health-check.js';
import { RecentTraces } from './recent-traces.js';
import { type Policy, RouteMemory } from './route-memory.js';
import type { ResolvedSampling } from './sampling-options.js';
import { SlowThreshold } from './slow-threshold.js';

/** Decides on a trace from its root and the available room. */
export class Judge {
  #options: ResolvedSampling;
  #budget: Budget;
  readonly #routes: RouteMemory;
  /** The p99 of all roots, used while the route of a root is not known yet. */
  readonly #anyRoot = new SlowThreshold();
  readonly #recent = new RecentTraces();

  constructor(options: ResolvedSampling) {
    this.#options = options;
    this.#routes = new RouteMemory(options);
    this.#budget = new Budget(options.maxSpansPerSecond, options.ceilingSpansPerSecond);
  }

  /** Changes budgets and rules. */
  configure(options: ResolvedSampling): void {
    this.#options = options;
    this.#routes.configure(options);
    this.#budget = new Budget(options.maxSpansPerSecond, options.ceilingSpansPerSecond);
  }

  /** Whether the route of a root keeps all spans, however many. */
  keepsAll(root: SpanData): boolean {
    return this.#routes.of(root).policy.bucket.perSecond === Number.POSITIVE_INFINITY;
  }

  /** Whether the policy by which {@link early} and {@link interrupted} decide keeps all spans. */
  keepsAllEarly(root: SpanData): boolean {
    if (root.kind !== 'server') return this.keepsAll(root);
    return this.#routes.general.bucket.perSecond === Number.POSITIVE_INFINITY;
  }

  /** Decides on a trace whose root has ended. The trace may have been decided early. */
  atEnd(trace: LocalTrace, root: SpanData, at: number): SpanSampling | null {
    const { threshold, policy } = this.#routes.of(root);
    const slowerThanNanos = policy.slowerThanNanos ?? threshold.nanos;
    threshold.record(root.durationNanos);
    this.#anyRoot.record(root.durationNanos);

    const early = trace.verdict;
    // The root was taken from the budget when its trace was decided.
    if (early) return early;
    const spans = expectedRows(trace.held) + 1;
    const verdict = this.#judgeUnlessOrdinary(trace, root, policy, slowerThanNanos, spans, at);
    if (verdict === undefined && early === null) return null;
    // The parent is in another process or in another instance, so this trace may have further roots here.
    const isFromOutside = root.ids.hasParent;
    if (verdict === undefined) {
      return isFromOutside
        ? this.#judgeFromOutside(root.traceId, policy, spans, at)
        : this.#budget.judgeOrdinary(policy, spans, at);
    }
    if (isFromOutside && verdict !== null) this.#recent.remember(root.traceId, verdict, spans, at);
    return verdict;
  }

  /**
   * Decides on a trace whose root is open: by failures so far, by requests to keep it, and by the time it has taken.
   */
  early(trace: LocalTrace, root: SpanData, at: number): SpanSampling | null {
    // A request that is decided early matches no rule. Any other root has its name from the start.
    const route = root.kind === 'server' ? undefined : this.#routes.of(root);
    const policy = route?.policy ?? this.#routes.general;
    const slowerThanNanos = policy.slowerThanNanos ?? (route?.threshold ?? this.#anyRoot).nanos;
    const spans = expectedRows(trace.held) + 1;
    if (trace.hasFailed || hasFailed(root)) return this.#budget.judgeFailure(policy, spans, at);
    const asked = isAsked(trace, root);
    const isPreferred = asked || (at - root.startedAt) * 1e6 > slowerThanNanos;
    const preferred = isPreferred ? this.#budget.judgePreferred(asked ? 'asked' : 'slow', policy, spans, at) : null;
    return preferred ?? this.#budget.judgeOrdinary(policy, spans, at);
  }

  /** Decides on a trace whose root is open when the process may end. */
  interrupted(trace: LocalTrace, at: number): SpanSampling | null {
    return this.#budget.judgeFailure(this.#routes.general, expectedRows(trace.held) + 1, at);
  }

  /**
   * Whether the decision must wait for the end of a request. Its route is known only then, and may match a rule or
   * belong to a health check.
   */
  mustAwaitEnd({ root, isSuppressed }: LocalTrace, at: number): boolean {
    if (root === undefined || isSuppressed || root.kind !== 'server') return false;
    const mayBeFine = !this.#options.keepHealthChecks && at - root.startedAt < FAST_MILLIS && mayBeHealthCheck(root);
    return mayBeFine || this.#routes.mayHaveRule(root);
  }

  /**
   * Judges a trace that failed or is preferred.
   *
   * @returns `undefined` for an ordinary trace, or one that is to be judged as ordinary
   */
  #judgeUnlessOrdinary(
    trace: LocalTrace,
    root: SpanData,
    policy: Policy,
    slowerThanNanos: number,
    spans: number,
    at: number,
  ): SpanSampling | null | undefined {
    const health = this.#options.keepHealthChecks ? undefined : healthOf(root);
    if (hasFailed(root) || health === 'failed') return this.#budget.judgeFailure(policy, spans, at);
    if (root.outcome === 'aborted' || health === 'refused') {
      const verdict = this.#budget.judgeClientFailure(policy, spans, at);
      if (verdict !== null) return verdict;
    }
    const asked = isAsked(trace, root);
    if (health === 'fine' && !asked) return null;
    if (!asked && root.durationNanos <= slowerThanNanos) return undefined;
    return this.#budget.judgePreferred(asked ? 'asked' : 'slow', policy, spans, at) ?? undefined;
  }

  /**
   * Judges another root of a caller's trace. The roots of one trace share a verdict while there is room. The room is
   * limited, because callers choose trace ids as they like.
   */
  #judgeFromOutside(traceId: string, policy: Policy, spans: number, at: number): SpanSampling | null {
    const followed = this.#recent.follow(traceId, spans, at);
    if (followed === null && !policy.bucket.isRelaxed(at)) return null;
    if (followed && admitsRoot(followed, spans, at)) return followed;
    const verdict = this.#budget.judgeOrdinary(policy, spans, at);
    this.#recent.remember(traceId, verdict, spans, at);
    return verdict;
  }
}

/** Whether the work failed on the server's side. An `aborted` request failed on the client's side. */
export function hasFailed({ outcome }: SpanData): boolean {
  return outcome === 'error' || outcome === 'interrupted';
}

function isAsked(trace: LocalTrace, root: SpanData): boolean {
  return trace.isAsked || asks(root);
}
