import { processWide } from '@ferretjs/core/adapter';
import { matchedRoute, type Seen, seenOf } from './matched-route.js';
import { originalPath, type RoutedContext, read } from './routed-context.js';

/**
 * A place in the tree of mounts: the part of the path that `koa-mount` has removed there. Its prefixes are fixed
 * strings.
 */
interface Mount {
  readonly base: string;
  /** Whether nothing is left of the path. */
  readonly isExact: boolean;
}

/** The state of a context whose path has been set. */
export interface Mounts {
  /** Every prefix that `koa-mount` has removed from the path so far. */
  readonly bases: string[];
  seen: Seen | undefined;
  /** The whole template of the last route that matched. */
  route: string | undefined;
  /** The mount in which the response was set. */
  answered: Mount | undefined;
  /** The mount that was entered last, until it is known to have called the middleware after it. */
  entered: Mount | undefined;
}

/** The states of contexts whose path has been set. Shared between both builds, as `registry` is. */
const known = processWide('koa.mounts', () => new WeakMap<object, Mounts>());

const OUTSIDE: Mount = { base: '', isExact: false };

/** Handles a request whose span begins below a mount: the prefix has been removed from the path already. */
export function adoptMount(ctx: RoutedContext): void {
  const prefix = read(ctx, 'mountPath');
  if (typeof prefix === 'string') mountsOf(ctx).bases.push(prefix);
}

/**
 * Must be called before a path is set. `koa-mount` sets it whenever a mount is entered or left: it sets `mountPath` and
 * removes that prefix from the path, restores the path while it calls the middleware after the mount, and restores it
 * at the end. Everything since the last call happened at the path that is being replaced.
 */
export function pathChanges(ctx: RoutedContext, to: unknown): void {
  const mounts = mountsOf(ctx);
  const from = ctx.path;
  const at = mountAt(ctx, mounts, from);
  look(ctx, mounts, at);
  const prefix = read(ctx, 'mountPath');
  const isEntry = typeof prefix === 'string' && from.startsWith(prefix) && (from.slice(prefix.length) || '/') === to;
  if (isEntry && at !== undefined) {
    const base = at.base + prefix;
    const isBack = mounts.bases.includes(base);
    if (!isBack) mounts.bases.push(base);
    mounts.entered = isBack ? undefined : { base, isExact: to === '/' };
  } else if (from === to) {
    // The path is restored although it did not change: an exception comes from the middleware after the mount.
    mounts.entered = undefined;
  }
}

/**
 * Returns the whole template of the route that matched, otherwise of the mount that answered; `undefined` if neither is
 * known.
 */
export function templateOf(ctx: RoutedContext): string | undefined {
  const mounts = known.get(ctx);
  if (mounts === undefined) return below('', matchedRoute(ctx, undefined));
  const at = mountAt(ctx, mounts, ctx.path);
  look(ctx, mounts, at);
  if (mounts.route !== undefined) return mounts.route;
  const mount = answering(ctx, mounts, at);
  return mount && trimmed(mount.base) + (mount.isExact ? '' : '/*');
}

/** Returns the prefix that mounts had removed from the path where the request was answered. */
export function baseOf(ctx: RoutedContext): string {
  const mounts = known.get(ctx);
  const mount = mounts && answering(ctx, mounts, mountAt(ctx, mounts, ctx.path));
  return mount === undefined ? '' : trimmed(mount.base);
}

function mountsOf(ctx: RoutedContext): Mounts {
  let mounts = known.get(ctx);
  if (mounts === undefined) {
    mounts = { bases: [], seen: undefined, route: undefined, answered: undefined, entered: undefined };
    known.set(ctx, mounts);
  }
  return mounts;
}

/**
 * Finds the mount that a path is in. Returns `undefined` if code other than `koa-mount` has changed the path, because a
 * concrete value may have been removed.
 */
function mountAt(ctx: RoutedContext, { bases }: Mounts, path: string): Mount | undefined {
  const original = originalPath(ctx);
  if (path === original) return OUTSIDE;
  const base = bases.findLast((base) => base + path === original || (path === '/' && base === original));
  return base === undefined ? undefined : { base, isExact: path === '/' };
}

function look(ctx: RoutedContext, mounts: Mounts, at: Mount | undefined): void {
  mounts.route = below(at?.base ?? '', matchedRoute(ctx, mounts.seen)) ?? mounts.route;
  mounts.seen = seenOf(ctx);
  if (mounts.answered === undefined && hasAnswer(ctx)) mounts.answered = at ?? OUTSIDE;
}

function hasAnswer(ctx: RoutedContext): boolean {
  return read(ctx, 'respond') === false || ctx.res?.headersSent === true || hasBody(ctx);
}

function hasBody(ctx: RoutedContext): boolean {
  const body = read(ctx, 'body');
  return body !== undefined && body !== null;
}

/** Finds the mount whose function answered, by itself or by an exception that other code turned into a response. */
function answering(ctx: RoutedContext, { answered, entered }: Mounts, at: Mount | undefined): Mount | undefined {
  if (at !== undefined && at.base !== '') return at;
  if (answered !== undefined && answered.base !== '') return answered;
  const isAnswered = read(ctx, 'respond') !== false && (ctx.res?.statusCode !== 404 || hasBody(ctx));
  return isAnswered ? entered : undefined;
}

/** Joins a pattern, without its trailing slash, to the prefix of its mount. */
function below(base: string, pattern: string | RegExp | undefined): string | undefined {
  if (pattern === undefined) return undefined;
  const own = typeof pattern === 'string' ? trimmed(pattern) : String(pattern);
  const between = base === '' || own === '' || own.startsWith('/') ? '' : '/';
  return trimmed(base) + between + own || '/';
}

function trimmed(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
