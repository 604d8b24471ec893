import { FerretError, type Span as FerretSpan } from '@ferretjs/core';
import { type FerretInstance, startForeign } from '@ferretjs/core/adapter';
import {
  type Context,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { BridgedSpan } from './bridged-span.js';
import { describeSpan } from './describe-span.js';
import { warnOnce } from './give-up.js';
import { OwnSpan } from './own-span.js';
import type { ReadableSpan, Scope } from './readable-span.js';
import { pathOf } from './request.js';
import { ferretSpanOf, isTracingSuppressed } from './span-in-context.js';
import { kindOf } from './span-kind.js';
import { activeContext, runInContext } from './stored-context.js';

/** Makes the tracers of OpenTelemetry's API. */
export class FerretTracerProvider implements TracerProvider {
  readonly #ferret: () => FerretInstance;

  /** @param ferret The Ferret for spans without a parent in this process. */
  constructor(ferret: () => FerretInstance) {
    this.#ferret = ferret;
  }

  getTracer(name: string, version?: string): Tracer {
    return new FerretTracer(this.#ferret, { name, version });
  }
}

class FerretTracer implements Tracer {
  readonly #ferret: () => FerretInstance;
  readonly #scope: Scope;

  constructor(ferret: () => FerretInstance, scope: Scope) {
    this.#ferret = ferret;
    this.#scope = scope;
  }

  startSpan(name: string, given?: SpanOptions, givenContext?: Context): Span {
    const options = given ?? {};
    const context = givenContext ?? activeContext();
    if (isTracingSuppressed(context)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const above = options.root === true ? undefined : trace.getSpan(context);
    const parent = above && ferretSpanOf(above);
    return this.#start(name, options, parent) ?? (parent === undefined ? NOT_RECORDED : new OwnSpan(parent));
  }

  startActiveSpan<Fn extends (span: Span) => unknown>(name: string, fn: Fn): ReturnType<Fn>;
  startActiveSpan<Fn extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: Fn): ReturnType<Fn>;
  startActiveSpan<Fn extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    fn: Fn,
  ): ReturnType<Fn>;
  startActiveSpan(name: string, ...rest: readonly unknown[]): unknown {
    if (rest.length === 0) return undefined;
    const fn = rest.at(-1) as (span: Span) => unknown;
    const options = rest.length > 1 ? (rest[0] as SpanOptions | undefined) : undefined;
    const given = rest.length > 2 ? (rest[1] as Context | undefined) : undefined;
    const parentContext = given ?? activeContext();
    const span = this.startSpan(name, options, parentContext);
    return runInContext(trace.setSpan(parentContext, span), () => fn(span));
  }

  #start(name: string, options: SpanOptions, parent: FerretSpan | undefined): Span | undefined {
    try {
      const describe = (told: ReadableSpan) => describeSpan(told, this.#ferret().http.options.clientAddress);
      const span = new BridgedSpan(name, this.#scope, options, describe);
      const foreign = startForeign(
        {
          name,
          kind: kindOf(options.kind),
          parent,
          startMicros: span.startMicros,
          path: pathOf(span.attributes),
          describe: () => describe(span),
        },
        this.#ferret,
      );
      if (foreign === undefined) return undefined;
      span.bind(foreign);
      return span;
    } catch (error) {
      // The stack is full, or the environment has an option that is not accepted.
      if (error instanceof FerretError) warnOnce(error);
      return undefined;
    }
  }
}

const NOT_RECORDED = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
