import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import Module from 'node:module';
import { Duplex, PassThrough, Readable, Stream, Transform, Writable } from 'node:stream';

/** Classes of Node, which are written in JavaScript, too. */
const OF_NODE = new Set<unknown>([
  ...[AsyncLocalStorage, AsyncResource, EventEmitter, EventTarget],
  ...[Stream, Readable, Writable, Duplex, Transform, PassThrough],
]);

/** Functions that files in `node_modules` export, as far as they are known. */
const ofPackages = new WeakSet<object>();

/** Files that have been looked at. */
const seen = new Set<string>();

interface CommonJsLoader {
  readonly _cache?: Readonly<Record<string, { readonly exports: unknown; readonly loaded: boolean } | undefined>>;
}

/**
 * Whether a class belongs to Node or to a package, not to the application. Classes of packages that are ES modules are
 * told by {@link markAsForeign} only: Node does not say which of them are loaded.
 */
export function isForeign(type: object): boolean {
  return OF_NODE.has(type) || ofPackages.has(type) || Function.prototype.toString.call(type).includes('[native code]');
}

/** Takes every function that a module exports for one of a package. */
export function markAsForeign(exports: unknown): void {
  if (typeof exports === 'function') ofPackages.add(exports);
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return;
  for (const key of Object.getOwnPropertyNames(exports)) {
    // Not by reading them: a getter may load a module.
    const value: unknown = Object.getOwnPropertyDescriptor(exports, key)?.value;
    if (typeof value === 'function') ofPackages.add(value);
  }
}

/** Looks at the CommonJS files of packages that have been loaded since the last call. */
export function findForeignClasses(): void {
  const cache = (Module as unknown as CommonJsLoader)._cache ?? {};
  for (const filename of Object.keys(cache)) {
    if (seen.has(filename) || cache[filename]?.loaded !== true) continue;
    seen.add(filename);
    if (!/[\\/]node_modules[\\/]/.test(filename)) continue;
    try {
      markAsForeign(cache[filename]?.exports);
    } catch {
      // A proxy that throws.
    }
  }
}
