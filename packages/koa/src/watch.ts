import type { IncomingMessage } from 'node:http';
import { exceptionThrown, spanOf } from '@ferretjs/core/adapter';
import { adoptMount, baseOf, pathChanges, templateOf } from './mounts.js';
import { type RoutedContext, read, registry } from './routed-context.js';

/** Marks Ferret's `onerror`, so that both builds of this package recognise it. */
const HOOK = Symbol.for('ferretjs.koa.onerror');

type OnError = ((this: RoutedContext, ...args: unknown[]) => unknown) & { readonly [HOOK]?: true };

interface RoutedRequest {
  readonly ctx: RoutedContext;
  readonly req: IncomingMessage;
}

/**
 * Makes Koa's objects report which paths are set and which errors reach Koa. A middleware could see neither:
 * `koa-mount` has restored the path when `next()` returns, and errors of streams come later.
 *
 * A method on a prototype is replaced in place by one that calls it. A method that cannot be replaced is left alone:
 * then mounts are missing from names, and exceptions from spans. Never throws.
 */
export function watch(ctx: RoutedContext): void {
  try {
    if (spanOf(ctx.req) === undefined) adoptMount(ctx);
    else addInner(ctx);
    const requests = Object.getPrototypeOf(ctx.request);
    if (!registry.knownRequests.has(requests)) {
      registry.knownRequests.add(requests);
      hookPath(requests);
    }
    if ((read(ctx, 'onerror') as OnError | undefined)?.[HOOK] !== true) hookOnerror(Object.getPrototypeOf(ctx));
  } catch {
    // The objects of an application may throw on access.
  }
}

/**
 * Returns the whole template of the route that answered a request, in the application that began its span or in an
 * inner one.
 */
export function routeOf(ctx: RoutedContext): string | undefined {
  const inner = registry.inner.get(ctx.req);
  if (inner === undefined) return templateOf(ctx);
  const contexts = [ctx, ...inner.filter((other) => other !== ctx)];
  for (let depth = contexts.length - 1; depth >= 0; depth -= 1) {
    const template = templateOf(contexts[depth] as RoutedContext);
    if (template === undefined) continue;
    const base = contexts.slice(0, depth).map(baseOf).join('');
    return base !== '' && template === '/' ? base : base + template;
  }
  return undefined;
}

/** Tells the request's span of an exception. Never throws. */
export function tell(ctx: Pick<RoutedContext, 'req'>, error: unknown): void {
  try {
    if (error !== null && error !== undefined) exceptionThrown(ctx.req, error);
  } catch {
    // The context has no request.
  }
}

function hookOnerror(prototype: object): void {
  const owner = ownerOf(prototype, 'onerror');
  if (owner === undefined || registry.hookedContexts.has(owner)) return;
  registry.hookedContexts.add(owner);
  const descriptor = Object.getOwnPropertyDescriptor(owner, 'onerror');
  const original: unknown = descriptor?.value;
  if (typeof original !== 'function' || !(descriptor?.configurable || descriptor?.writable)) return;
  const onerror: OnError = function (...args) {
    tell(this, args[0]);
    return original.apply(this, args);
  };
  const { name, length } = Object.getOwnPropertyDescriptors(original);
  Object.defineProperties(onerror, { name, length, [HOOK]: { value: true } });
  Object.defineProperty(owner, 'onerror', { ...descriptor, value: onerror });
}

function hookPath(prototype: object): void {
  const owner = ownerOf(prototype, 'path');
  if (owner === undefined || registry.hookedRequests.has(owner)) return;
  registry.hookedRequests.add(owner);
  const descriptor = Object.getOwnPropertyDescriptor(owner, 'path');
  const set = descriptor?.set;
  if (set === undefined || !descriptor?.configurable) return;
  Object.defineProperty(owner, 'path', {
    ...descriptor,
    set(this: RoutedRequest, path: unknown) {
      try {
        if (spanOf(this.req) !== undefined) pathChanges(this.ctx, path);
      } catch {
        // The application's change of the path must not fail.
      }
      set.call(this, path);
    },
  });
}

/** Finds the object in a chain of prototypes that has a property. */
function ownerOf(prototype: object | null, key: string): object | undefined {
  for (let owner = prototype; owner !== null; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, key)) return owner;
  }
  return undefined;
}

/**
 * Adds a context of a request whose span has begun: of the same application, or of one that is called as a function.
 */
function addInner(ctx: RoutedContext): void {
  const contexts = registry.inner.get(ctx.req);
  if (contexts === undefined) registry.inner.set(ctx.req, [ctx]);
  else if (!contexts.includes(ctx)) contexts.push(ctx);
}
