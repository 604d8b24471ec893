import { processWide } from '@ferretjs/core/adapter';
import type { MethodFilter } from './method-selection.js';

/** Shared by both builds of this package: one may have wrapped the methods of a class that the other is asked for. */
const traced = processWide('nest.traced', () => ({
  /** Classes whose methods become spans, with the selection of the application that has them. */
  filters: new WeakMap<object, MethodFilter>(),
  /** Wrappers of methods, so that none is wrapped twice: those of `@Measure()` as well. */
  wrappers: new WeakSet<object>(),
  /** Changes with the selections, so that wrappers may remember what they were told. */
  version: 0,
}));

/** Makes spans of the methods of a class's instances, as long as the selection is in force. */
export function traceInstancesOf(type: object, filter: MethodFilter): void {
  traced.filters.set(type, filter);
  traced.version++;
}

export function isTracedClass(type: object): boolean {
  return traced.filters.has(type);
}

/** The selection in force for a class. */
export function filterOf(type: object): MethodFilter | undefined {
  const filter = traced.filters.get(type);
  return filter?.isInForce ? filter : undefined;
}

/** Ends the recording of methods by this selection: its application has ended. */
export function revoke(filter: MethodFilter): void {
  filter.isInForce = false;
  traced.version++;
}

/** The result of {@link filterOf} holds as long as this is the same. */
export function filtersVersion(): number {
  return traced.version;
}

export function markAsWrapper(wrapper: object): void {
  traced.wrappers.add(wrapper);
}

export function isWrapper(method: object): boolean {
  return traced.wrappers.has(method);
}
