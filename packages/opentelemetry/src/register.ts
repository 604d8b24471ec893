import { type Ferret, FerretError, type FerretOptions } from '@ferretjs/core';
import { ferretFor, ferretOfRequests } from '@ferretjs/core/adapter';
import { context, propagation, trace } from '@opentelemetry/api';
import { FerretContextManager } from './context-manager.js';
import { FerretPropagator } from './propagator.js';
import { FerretTracerProvider } from './tracer.js';

/** Where all copies of OpenTelemetry's API 1 keep what is registered. */
const GLOBAL = Symbol.for('opentelemetry.js.api.1');

/** The parts of the API that Ferret takes, with their names in there. */
const PARTS = { trace: 'tracer provider', context: 'context manager', propagation: 'propagator' } as const;

/**
 * Makes Ferret the tracer provider, context manager and propagator (W3C Trace Context and Baggage) of
 * `@opentelemetry/api`, in a process that has no SDK of OpenTelemetry: its instrumentations then feed Ferret's file,
 * and their spans and those of Ferret's adapters are parents of each other. To be called before the instrumentations
 * are.
 *
 * An SDK that is started later is refused by the API.
 *
 * @param optionsOrInstance The Ferret for spans without a parent in this process. Default: that of the requests, which
 *   is the default one, or the one that an adapter was given.
 * @returns takes the registration back. Spans that are open go on.
 * @throws FerretError `OPENTELEMETRY_TAKEN`, and nothing is registered; `INVALID_OPTION`
 * @example
 * import { registerFerret } from '@ferretjs/opentelemetry';
 * import { registerInstrumentations } from '@opentelemetry/instrumentation';
 * import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
 *
 * registerFerret();
 * registerInstrumentations({ instrumentations: [new PgInstrumentation()] });
 */
export function registerFerret(optionsOrInstance?: FerretOptions | Ferret): () => void {
  const taken = registered();
  if (taken.length > 0) throw takenError(`has a ${taken.map((part) => PARTS[part]).join(', a ')} already`);
  const given = optionsOrInstance === undefined ? undefined : ferretFor(optionsOrInstance, true);
  const isRegistered =
    context.setGlobalContextManager(new FerretContextManager()) &&
    propagation.setGlobalPropagator(new FerretPropagator()) &&
    trace.setGlobalTracerProvider(new FerretTracerProvider(() => given ?? ferretOfRequests()));
  const own = globals();
  // Others may have taken the place of a part since.
  const unregister = () => {
    const now = globals();
    if (now.trace === own.trace) trace.disable();
    if (now.context === own.context) context.disable();
    if (now.propagation === own.propagation) propagation.disable();
  };
  if (!isRegistered) {
    unregister();
    throw takenError('was first used by another version of @opentelemetry/api than that of @ferretjs/opentelemetry');
  }
  return unregister;
}

function registered(): readonly (keyof typeof PARTS)[] {
  const now = globals();
  return (Object.keys(PARTS) as (keyof typeof PARTS)[]).filter((part) => now[part] !== undefined);
}

/** The parts of the API that are registered now. */
function globals(): Readonly<Partial<Record<keyof typeof PARTS, unknown>>> {
  const { trace, context, propagation } =
    (globalThis as Record<symbol, Readonly<Record<string, unknown>> | undefined>)[GLOBAL] ?? {};
  return { trace, context, propagation };
}

function takenError(why: string): FerretError {
  return new FerretError(
    'OPENTELEMETRY_TAKEN',
    `OpenTelemetry's API ${why}, so Ferret cannot be registered with it. Where an SDK of OpenTelemetry runs, give it ` +
      'Ferret as a span processor: spanProcessors: [new FerretSpanProcessor()].',
  );
}
