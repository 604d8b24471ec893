import { traceIfLong } from './trace-if-long.js';
import { latestFilter, traceLateInstance } from './trace-providers.js';

/** A global symbol, so that both builds of this package, CommonJS and ES module, recognise each other's mark. */
const TRACED = Symbol.for('ferretjs.nest.enhancers');

/** The classes of `@nestjs/core` that call guards, pipes and interceptors, of any origin, and that bind middleware. */
export interface Consumers {
  readonly GuardsConsumer: { readonly prototype: object };
  readonly PipesConsumer: { readonly prototype: object };
  readonly InterceptorsConsumer: { readonly prototype: object };
  readonly MiddlewareModule: { readonly prototype: object };
}

/**
 * Makes a span of each guard, pipe and interceptor that takes longer than a millisecond; of an interceptor, the time
 * until it returns its observable. Classes of middleware are found here: no module has them among its providers. Only
 * while an application records methods.
 */
export function traceEnhancers(nest: Consumers): void {
  const { GuardsConsumer, PipesConsumer, InterceptorsConsumer, MiddlewareModule } = nest;
  watch(GuardsConsumer.prototype, 'tryActivate', 0, 'canActivate');
  watch(PipesConsumer.prototype, 'applyPipes', 2, 'transform');
  watch(InterceptorsConsumer.prototype, 'intercept', 0, 'intercept');
  before(MiddlewareModule.prototype, 'createProxy', ([instance]) => traceLateInstance(instance));
}

type Consume = (this: unknown, ...args: unknown[]) => unknown;

/** @param index of the list of enhancers among the arguments */
function watch(prototype: object, name: string, index: number, key: string): void {
  before(prototype, name, (args) => {
    if (Array.isArray(args[index])) args[index] = timed(args[index], key);
  });
}

/** Looks at the arguments of a method's calls, while methods are recorded. */
function before(prototype: object, name: string, look: (args: unknown[]) => void): void {
  const consume: unknown = Reflect.get(prototype, name);
  if (typeof consume !== 'function' || Object.hasOwn(prototype, TRACED)) return;
  Object.defineProperty(prototype, TRACED, { value: true });
  const watched: Consume = function (...args) {
    if (latestFilter() !== undefined) look(args);
    return (consume as Consume).apply(this, args);
  };
  Reflect.set(prototype, name, watched);
}

/** Ferret's own enhancers. */
const OWN = new Set(['FerretGuard', 'ServerSentEventsInterceptor']);

type Enhancer = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** By the list that Nest keeps for a handler. */
const known = new WeakMap<readonly unknown[], readonly unknown[]>();

function timed(enhancers: readonly unknown[], key: string): readonly unknown[] {
  if (enhancers.length === 0) return enhancers;
  let made = known.get(enhancers);
  if (made?.length !== enhancers.length) {
    made = enhancers.map((enhancer) => timedOne(enhancer as Enhancer, key));
    known.set(enhancers, made);
  }
  return made;
}

function timedOne(enhancer: Enhancer, key: string): Enhancer {
  try {
    const { name } = enhancer.constructor;
    if (OWN.has(name)) return enhancer;
    return {
      [key]: (...args) => {
        if (!latestFilter()?.selects(name, key)) return enhancer[key]!(...args);
        return traceIfLong(`${name}.${key}`, () => enhancer[key]!(...args));
      },
    };
  } catch {
    return enhancer; // A proxy that throws.
  }
}
