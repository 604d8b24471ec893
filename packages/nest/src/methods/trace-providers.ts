import { processWide } from '@ferretjs/core/adapter';
import { findForeignClasses, isForeign } from './foreign-classes.js';
import { findFrameworkClasses, isFrameworkModule } from './framework-modules.js';
import { type MethodFilter, NOTHING } from './method-selection.js';
import { type AnyClass, traceClass } from './trace-class.js';
import { filterOf, revoke } from './traced-classes.js';

/** The parts of Nest's container that are read here: no import, as `@ferretjs/auto` has to do without Nest. */
export interface ModuleLike {
  readonly metatype?: unknown;
  readonly controllers: ReadonlyMap<unknown, WrapperLike>;
  readonly providers: ReadonlyMap<unknown, WrapperLike>;
  readonly injectables?: ReadonlyMap<unknown, WrapperLike>;
}
export interface WrapperLike {
  readonly metatype?: unknown;
  readonly inject?: unknown;
  readonly isAlias?: boolean;
  readonly instance?: unknown;
  /** `guard`, `pipe`, `interceptor` or `filter`. */
  readonly subtype?: unknown;
}

/** The key of `@Injectable()`'s metadata. The entry of `@nestjs/common` does not export Nest's constant for it. */
const INJECTABLE = '__injectable__';

/** The selection of the application that was started last, for instances that are made later. */
const latest = processWide('nest.methods', (): { filter: MethodFilter | undefined } => ({ filter: undefined }));

/**
 * Makes spans of the methods of all controllers and providers that the application's own modules have. Of providers
 * with a factory or a value, only classes with `@Injectable()` and those that the selection names: what else a factory
 * makes is mostly of a package.
 */
export function traceProviders(modules: Iterable<ModuleLike>, filter: MethodFilter): void {
  latest.filter = filter;
  const all = [...modules];
  findForeignClasses();
  findFrameworkClasses(all);
  for (const module of all) {
    const isOfFramework = isFrameworkModule(module.metatype);
    for (const collection of [module.controllers, module.providers, module.injectables]) {
      for (const wrapper of collection?.values() ?? []) traceProvider(wrapper, isOfFramework, filter);
    }
  }
}

function traceProvider(wrapper: WrapperLike, isOfFramework: boolean, filter: MethodFilter): void {
  try {
    if (wrapper.isAlias) return;
    const { metatype } = wrapper;
    if (isClass(metatype) && !isFactory(wrapper)) {
      const isOwn = !isOfFramework && !isForeign(metatype);
      if (isOwn || filter.names(metatype.name)) traceClass(metatype, filter, wrapper.subtype === 'pipe');
      return;
    }
    if (!isOfFramework) traceInstance(wrapper.instance, filter);
  } catch {
    // A provider may throw on access, and must not prevent the application's start.
  }
}

/** Makes spans of an instance's methods, if the application that was started last records methods. */
export function traceLateInstance(instance: unknown): void {
  if (latest.filter !== undefined) traceInstance(instance, latest.filter);
}

function traceInstance(instance: unknown, filter: MethodFilter): void {
  try {
    if (typeof instance !== 'object' || instance === null) return;
    const type: unknown = instance.constructor;
    if (!isClass(type) || filterOf(type) === filter) return;
    const isOwn = Reflect.hasMetadata?.(INJECTABLE, type) && !isForeign(type);
    if (isOwn || filter.names(type.name)) traceClass(type, filter);
  } catch {
    // A proxy that throws.
  }
}

/** The selection of the application that was started last, if that records methods. */
export function latestFilter(): MethodFilter | undefined {
  return latest.filter;
}

/** Ends the recording of methods for an application. */
export function untraceProviders(filter: MethodFilter): void {
  if (filter !== NOTHING) revoke(filter);
  if (latest.filter === filter) latest.filter = undefined;
}

function isFactory({ inject, metatype }: WrapperLike): boolean {
  // Nest gives factories a list, and classes nothing.
  return (inject !== undefined && inject !== null) || !/^class\b/.test(Function.prototype.toString.call(metatype));
}

function isClass(value: unknown): value is AnyClass {
  return typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null;
}
