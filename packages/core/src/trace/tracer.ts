import type { AttributeRecorder } from '../attributes/attribute-recorder.js';
import type { Attributes } from '../attributes/attribute-value.js';
import { BoundedMemo } from '../bounded-memo.js';
import { isUnrecorded, spanStorage } from './context.js';
import { ForeignSpan, type ForeignStart } from './foreign-span.js';
import { SpanIds } from './ids.js';
import { LeafSpan } from './leaf-span.js';
import { OpenSpans } from './open-spans.js';
import {
  isSuppressed,
  type OpenSpan,
  RecordingSpan,
  type SpanAbove,
  type SpanContext,
  type SpanOwner,
} from './recording-span.js';
import { endWhenSettled } from './settle.js';
import type { RemoteSpan, Span, SpanKind, SpanOptions, SpanRecord } from './span.js';
import type { LocalTrace, SpanData } from './span-data.js';
import { toKind } from './span-kind.js';
import { isSpanId, isTraceId, RANDOM_FLAG, SAMPLED_FLAG } from './trace-context.js';

/** Open spans kept in sight, so that `close()` can end them; any beyond are only counted. */
const MAX_OPEN_SPANS = 65_536;

/** Names remembered before the memory is emptied, and how long a name may be to be remembered. */
const MAX_NAMES = 2_000;
const MAX_NAME_LENGTH = 256;

/** Counters that a tracer raises; the pipeline's ledger implements them. */
export interface SpanCounters {
  started: number;
  closed: number;
}

/** Where spans go when they end. */
export interface SpanDestination {
  /** False while each span is taken by itself: spans need not know then which of them belong together. */
  readonly needsTraces: boolean;
  ended(data: SpanData): void;
  /** The first span of a trace is taken out of the record. */
  suppressed(trace: LocalTrace): void;
  /** From now on the first span of a trace may be taken out when others below it have ended: these must go with it. */
  holdTraces(): void;
}

/** Makes spans of a class of its own; see {@link Tracer.startWith}. */
export interface SpanMaker<Made extends RecordingSpan, Subject> {
  make(tracer: Tracer, context: SpanContext, subject: Subject): Made;
  /**
   * Says what is known of the span, and makes sure that somebody hears of its end. All that may throw has its place
   * here: a span that has been counted ends.
   *
   * @returns whether the span is recorded. One that is not may be suppressed, so that nothing below it is recorded
   *   either.
   */
  prepare(span: Made, subject: Subject): boolean;
  /** The span is counted. */
  started(span: Made, subject: Subject): void;
}

/**
 * Starts spans, knows which are open, and hands over those that end. Nothing else makes spans, so that every span is
 * counted.
 */
export class Tracer implements SpanOwner {
  /** Cleans, redacts and bounds all that spans are told. */
  readonly attributes: AttributeRecorder;
  readonly #counters: SpanCounters;
  readonly #destination: SpanDestination;
  readonly #open = new OpenSpans<OpenSpan>();
  readonly #names = new BoundedMemo<string>(MAX_NAMES);
  /** False: nothing is recorded or counted, and all calls work. */
  readonly isEnabled: boolean;
  /** Called for each span that is started after `close()`. */
  onLost: () => void = () => {};
  /**
   * The last of the spans whose end could not be told because the stack was full; a list through the spans themselves.
   * Where every call may throw a RangeError, assignments still work, so whoever cannot end a span puts it in front with
   * two of them. Fields, no variable of a module: reading one of another module is a call in some bundles. A span in
   * the list has a `nextOverdue` that is not `undefined`; that of the first is `null`.
   */
  overdue: OpenSpan | null = null;
  readonly #gate: { readonly isOpen: boolean };

  /** @param gate says whether spans are recorded; while it is shut, they are counted only. Default: they are. */
  constructor(
    attributes: AttributeRecorder,
    counters: SpanCounters,
    destination: SpanDestination,
    isEnabled = true,
    gate: { readonly isOpen: boolean } = { isOpen: true },
  ) {
    this.attributes = attributes;
    this.#counters = counters;
    this.#destination = destination;
    this.isEnabled = isEnabled;
    this.#gate = gate;
    // V8 compiles a function at its first call, which takes 40 KB of stack. An application whose stack is full ends its
    // spans all the same.
    const span = this.#unrecorded('');
    span[Symbol.dispose]();
    const leaf = new LeafSpan(this, '', 'internal', span.ids, span, undefined);
    leaf.isRecording = false;
    leaf.end();
  }

  /** Whether spans must know which of them belong together. */
  get needsTraces(): boolean {
    return this.#destination.needsTraces;
  }

  get isClosed(): boolean {
    return !this.#gate.isOpen;
  }

  /** See {@link SpanDestination.holdTraces}. */
  holdTraces(): void {
    this.#destination.holdTraces();
  }

  start(name: string, options?: SpanOptions): Span {
    const current = spanStorage.getStore();
    const parent = asParent(options?.parent === undefined || isUnrecorded(current) ? current : options.parent);
    if (parent !== undefined && isSuppressed(parent)) return parent as Span;
    if (!this.isEnabled) return this.#unrecorded(name);
    const span = new RecordingSpan(
      this,
      this.cleanName(name),
      toKind(options?.kind),
      parent === undefined ? rootContext() : this.#childContext(parent),
    );
    if (options?.attributes !== undefined) span.annotate(options.attributes);
    if (Array.isArray(options?.links)) for (const link of options.links) span.addLink(link);
    // The span is counted last: if anything before throws, the caller has no span to end.
    this.started(span);
    return span;
  }

  /**
   * Starts a span that knows more of itself than a name, such as that of a request: the first of its trace in this
   * process.
   *
   * @param parent The caller's span, or another library's span for the same work; without one, a trace begins.
   * @returns the span, recorded or suppressed; `undefined` for one whose end could not be observed.
   * @throws whatever `maker` throws. A span that is counted by then ends all the same.
   */
  startWith<Made extends RecordingSpan, Subject>(
    maker: SpanMaker<Made, Subject>,
    subject: Subject,
    parent: RemoteSpan | ForeignSpan | undefined,
  ): Made | undefined {
    const span = maker.make(this, parent === undefined ? rootContext() : this.#childContext(parent), subject);
    let isCounted = false;
    try {
      if (!maker.prepare(span, subject)) return span.isSuppressed ? span : undefined;
      this.started(span);
      isCounted = true;
      maker.started(span, subject);
    } catch (error) {
      if (!isCounted) {
        // It may hear of the end all the same, uncounted as it is. No call: the stack may be full.
        span.data = undefined;
      } else if (span.data !== undefined && span.nextOverdue === undefined) {
        span.nextOverdue = this.overdue;
        this.overdue = span;
      }
      throw error;
    }
    return span;
  }

  /**
   * Starts a span that another tracing library measures: the caller ends it by {@link ForeignSpan.finish}. `undefined`
   * where spans are not recorded on purpose. Ids that are none are replaced.
   *
   * @param isIgnored neither the span is recorded nor what is below it. Default: false.
   */
  startForeign(start: ForeignStart, isIgnored = false): ForeignSpan | undefined {
    const parent = asParent(start.parent);
    if (!this.isEnabled || isUnrecorded(spanStorage.getStore())) return undefined;
    if (parent !== undefined && isSuppressed(parent)) return undefined;
    const context = parent === undefined ? rootContext() : this.#childContext(parent);
    const ids = parseIds(start.ids, parent?.spanId) ?? context.ids;
    const span = new ForeignSpan(this, this.cleanName(start.name), { ...context, ids }, start);
    if (isIgnored) span.ignore();
    else this.started(span);
    return span;
  }

  /**
   * Starts a span that has no children; `undefined` once this tracer is closed. The caller knows that the parent is
   * recorded.
   */
  startLeaf(parent: SpanAbove, name: string, kind: SpanKind, attributes: Attributes | undefined): LeafSpan | undefined {
    if (this.isClosed) {
      this.#countLost();
      return undefined;
    }
    const leaf = new LeafSpan(this, this.cleanName(name), toKind(kind), SpanIds.below(parent.ids), parent, attributes);
    if (this.#open.count < MAX_OPEN_SPANS) this.#open.add(leaf);
    this.#counters.started++;
    return leaf;
  }

  /**
   * Runs `fn` in a span of its own, which ends when `fn` has returned or its promise has settled. Errors are recorded
   * and thrown on. What `fn` returns is returned; of a promise, one that settles the same way after the span has ended.
   *
   * The stack may be full when `fn` has failed, because of it: then the span is left to {@link endOverdue}.
   */
  measure<T>(name: string, attributes: Attributes | undefined, fn: (span: Span) => T): T {
    const span = this.start(name, attributes && { attributes });
    if (!this.isEnabled) return fn(span);
    let result: T | undefined;
    let hasReturned = false;
    try {
      // Not `withSpan`: each call between one measured function and the next takes of the stack that recursions have.
      result = spanStorage.run(span, fn, span);
      hasReturned = true;
      return endWhenSettled(span, result);
    } catch (error) {
      try {
        // The promise could not be followed; `error` is all that is known of it.
        if (!hasReturned || typeof result === 'object') span.recordError(error);
        span.end();
      } catch {
        // A suppressed span may belong to another copy of this package. It has no data either.
        const own = span as RecordingSpan;
        if (own.data !== undefined && own.nextOverdue === undefined) {
          own.nextOverdue = this.overdue;
          this.overdue = own;
        }
      }
      if (hasReturned) return result as T;
      throw error;
    }
  }

  /** Ends the spans whose end could not be told. For where there is stack left. */
  endOverdue(): void {
    while (this.overdue !== null) {
      const span = this.overdue;
      this.overdue = span.nextOverdue ?? null;
      span.nextOverdue = undefined;
      span.end();
      if (span.data !== undefined) return;
    }
  }

  #unrecorded(name: string): RecordingSpan {
    const span = new RecordingSpan(this, name, 'internal', rootContext());
    span.ignore();
    return span;
  }

  #childContext(parent: Span | RemoteSpan): SpanContext {
    const own = parent instanceof RecordingSpan || parent instanceof LeafSpan ? parent : undefined;
    const isRemote = own === undefined && 'isRemote' in parent && parent.isRemote === true;
    return {
      ids: own === undefined ? SpanIds.continuing(parent.traceId, parent.spanId) : SpanIds.below(own.ids),
      isLocalRoot: isRemote,
      flags: own === undefined ? flagsOf(parent) : own.flags,
      tracestate: parent.tracestate,
      trace: own?.traceFor(this),
      top: own?.top,
    };
  }

  /** A name of spans or a route, by the rules. They repeat, so what was made of one is remembered. */
  cleanName(name: string): string {
    let clean = this.#names.get(name);
    if (clean === undefined) {
      clean = this.attributes.text(name);
      if (typeof name === 'string' && name.length <= MAX_NAME_LENGTH) this.#names.set(name, clean);
    }
    return clean;
  }

  /**
   * Counts a span that has just been made, and keeps it in sight until it ends. Throws, with the stack full, before it
   * does either.
   */
  started(span: OpenSpan): void {
    if (span.data === undefined) {
      this.#countLost();
      return;
    }
    if (this.#open.count < MAX_OPEN_SPANS) this.#open.add(span);
    this.#counters.started++;
  }

  #countLost(): void {
    this.#counters.started++;
    this.#counters.closed++;
    this.onLost();
  }

  /** Forgets a span that is not to be recorded, or not yet. */
  forgotten(span: OpenSpan): void {
    this.#open.delete(span);
    this.#counters.started--;
  }

  /** Forgets what has ended below a span that is not to be recorded, as far as that has been held. */
  suppressed(trace: LocalTrace): void {
    this.#destination.suppressed(trace);
  }

  /** Passes the data of an ended span on. Throws, with the stack full, before it does. */
  ended(span: OpenSpan, data: SpanData): void {
    this.#open.delete(span);
    data.describeDropped();
    span.data = undefined;
    try {
      this.#destination.ended(data);
    } catch (error) {
      span.data = data;
      throw error;
    }
  }

  /** Returns the data of spans that have been open for longer than `millis`, the oldest first. */
  openFor(millis: number, limit: number): SpanData[] {
    const latest = performance.now() - millis;
    const old: SpanData[] = [];
    for (const { data } of this.#open.all()) {
      if (old.length >= limit || (data !== undefined && data.startedAt > latest)) break;
      if (data === undefined) continue;
      data.describe();
      old.push(data);
    }
    return old;
  }

  /** Returns records of all open spans, as if they were interrupted now. */
  copyOpen(): (SpanRecord & { readonly size: number })[] {
    const now = performance.now();
    return this.openFor(0, MAX_OPEN_SPANS).map((data) => ({
      ...data.toJSON(),
      size: data.size,
      outcome: 'interrupted',
      durationNanos: Math.max(0, Math.round((now - data.startedAt) * 1e6)),
    }));
  }

  /**
   * Ends all open spans as `interrupted`. The youngest end first: children belong to their trace in full only before
   * its root ends.
   */
  interruptOpen(): void {
    for (const span of [...this.#open.all()].reverse()) span.interrupt();
  }
}

/**
 * Returns the parent of a new span; `undefined` for anything that names no span. Ferret's own spans have valid ids. A
 * span of another process, or an object of another library, may have any.
 */
function asParent(given: Span | RemoteSpan | null | undefined): Span | RemoteSpan | undefined {
  if (given === null || given === undefined) return undefined;
  try {
    if (given instanceof RecordingSpan || given instanceof LeafSpan || isSuppressed(given)) return given;
    return isTraceId(given.traceId) && isSpanId(given.spanId) ? given : undefined;
  } catch {
    return undefined; // A proxy or a getter that throws.
  }
}

/** The trace flags of a span of another process, or of the other copy of this package, CommonJS or ES module. */
function flagsOf({ flags = SAMPLED_FLAG }: (Span & { readonly flags?: number }) | RemoteSpan): number {
  return flags;
}

/** The ids that another library gave a span; `undefined` where they are none. */
function parseIds(ids: ForeignStart['ids'], parentId: string | undefined): SpanIds | undefined {
  if (ids === undefined || !isTraceId(ids.traceId) || !isSpanId(ids.spanId)) return undefined;
  return SpanIds.parse(ids.traceId, ids.spanId, parentId);
}

/** For the first span of a new trace. */
function rootContext(): SpanContext {
  return { ids: SpanIds.root(), isLocalRoot: true, flags: SAMPLED_FLAG | RANDOM_FLAG, tracestate: undefined };
}
