import type { Attributes } from '../attributes/attribute-value.js';
import { isUnrecorded, spanStorage } from '../trace/context.js';
import type { ForeignSpan, ForeignStart } from '../trace/foreign-span.js';
import { isSuppressed, type SpanAbove } from '../trace/recording-span.js';
import type { Leaf, Span, SpanKind, SpanOptions } from '../trace/span.js';
import { defaultFerret } from './default-ferret.js';
import type { FerretInstance } from './ferret-instance.js';

/**
 * Starts a span for work that has no children, such as a query: a child of the current span, which stays the current
 * one. It costs no switch of the async context. Never throws.
 *
 * `undefined` means that there is nothing to do: no span is current, or what runs is not recorded (an ignored request,
 * a store, after `close()`). Work outside of any span belongs to no request. Use {@link startSpan} for work that is
 * worth a trace of its own.
 *
 * @param name Few different ones: `SELECT users`, never a value.
 * @param attributes Taken as they are, and copied, redacted and cut only if the span is kept: the object must not
 *   change afterwards.
 * @example
 * import { startLeaf } from '@ferretjs/core/adapter';
 *
 * export async function traced(text: string, run: (text: string) => Promise<object[]>): Promise<object[]> {
 *   const leaf = startLeaf('SELECT users', 'client', { 'db.system.name': 'postgresql', 'db.query.text': text });
 *   try {
 *     const rows = await run(text);
 *     leaf?.end({ 'db.response.returned_rows': rows.length });
 *     return rows;
 *   } catch (error) {
 *     leaf?.fail(error);
 *     throw error;
 *   }
 * }
 */
export function startLeaf(name: string, kind: SpanKind, attributes?: Attributes): Leaf | undefined {
  try {
    const above = spanStorage.getStore() as TracedSpan | undefined;
    if (above === undefined || isSuppressed(above)) return undefined;
    // By shape: the span may come from the other copy of this package, CommonJS or ES module.
    return above.tracer?.startLeaf?.(above as unknown as SpanAbove, name, kind, attributes);
  } catch {
    return undefined; // The stack is full.
  }
}

/**
 * Like {@link startLeaf}, for work that began earlier and was not worth a span then: it is only one if it took long.
 *
 * @param startedAt When the work began, as a reading of `performance.now()`.
 */
export function startLeafSince(
  startedAt: number,
  name: string,
  kind: SpanKind,
  attributes?: Attributes,
): Leaf | undefined {
  const leaf = startLeaf(name, kind, attributes) as (Leaf & { startAt?(startedAt: number): void }) | undefined;
  leaf?.startAt?.(startedAt);
  return leaf;
}

/**
 * Starts a span for work that may have children, such as a method's: a child of the current span. Run the work with
 * {@link withSpan}. Never throws. `undefined` means that there is nothing to do, as for {@link startLeaf}.
 *
 * @param name Few different ones: `Orders.list`, never a value.
 */
export function startChild(name: string, kind?: SpanKind, attributes?: Attributes): Span | undefined {
  try {
    const above = spanStorage.getStore() as TracedSpan | undefined;
    if (above === undefined || isSuppressed(above)) return undefined;
    if (kind === undefined) return above.tracer?.start(name);
    return above.tracer?.start(name, { kind, ...(attributes && { attributes }) });
  } catch {
    return undefined; // The stack is full.
  }
}

/**
 * Starts a span for work that may have children. It does not become the current span: run the work with {@link
 * runWith}. It belongs to the Ferret of its parent, of the current span where the parent is of another process, or else
 * to the process's default one, which is made if there is none yet.
 *
 * Where nothing is recorded (below an ignored request, in a store), the span is one whose methods do nothing.
 *
 * @param name Few different ones: `process orders`, never a value.
 */
export function startSpan(name: string, options?: SpanOptions): Span {
  const current = spanStorage.getStore();
  if (current !== undefined && isUnrecorded(current)) return current;
  const tracer = tracerOf(options?.parent) ?? tracerOf(current) ?? defaultFerret();
  return tracer.start(name, options);
}

/**
 * Starts a span that another tracing library measures. It belongs to the Ferret of its parent, where that is a span of
 * this process, or else to `ferret`.
 *
 * @returns `undefined` where spans are not recorded on purpose
 */
export function startForeign(start: ForeignStart, ferret: () => FerretInstance): ForeignSpan | undefined {
  const tracer = tracerOf(start.parent);
  return tracer?.startForeign === undefined ? ferret().startForeign(start) : tracer.startForeign(start);
}

/** By shape, as above. `undefined` for the span of another process, and for anything that is no span. */
function tracerOf(span: object | null | undefined): TracedSpan['tracer'] {
  try {
    const tracer = (span as Partial<TracedSpan> | null | undefined)?.tracer;
    return typeof tracer?.start === 'function' ? tracer : undefined;
  } catch {
    return undefined; // A proxy or a getter that throws.
  }
}

/** A span of Ferret's own. */
interface TracedSpan extends Span {
  readonly tracer?: Partial<Pick<SpanAbove['tracer'], 'startLeaf'>> & {
    start(name: string, options?: SpanOptions): Span;
    startForeign?(start: ForeignStart): ForeignSpan | undefined;
  };
}
