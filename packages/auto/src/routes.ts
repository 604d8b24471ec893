import type { IncomingMessage, ServerResponse } from 'node:http';
import { processWide } from '@ferretjs/core/adapter';

/** Finds the route of a request that one framework had; `undefined` for requests of others. */
export type FindRoute = (request: IncomingMessage, response: ServerResponse) => string | undefined;

/** Shared by both builds: one of them hears requests, and the other may have patched the framework. */
const finders = processWide('auto.routes', () => new Map<string, FindRoute>());

/** Makes the routes of a framework known, once for each framework. */
export function findRoutesOf(framework: string, find: FindRoute): void {
  if (!finders.has(framework)) finders.set(framework, find);
}

/** The route of a request by the first framework that has one: mostly there is only one in a process. */
export function routeOfRequest(request: IncomingMessage, response: ServerResponse): string | undefined {
  for (const find of finders.values()) {
    const route = find(request, response);
    if (route !== undefined) return route;
  }
  return undefined;
}

/** Prepares a request for one framework, before that has it. */
export type Prepare = (request: IncomingMessage) => void;

const preparations = processWide('auto.preparations', () => new Map<string, Prepare>());

/** Calls `prepare` for each request, where exceptions are to be recorded in every case. Once for each framework. */
export function prepareExceptionsOf(framework: string, prepare: Prepare): void {
  if (!preparations.has(framework)) preparations.set(framework, prepare);
}

/** Runs every preparation for a request whose span has begun. */
export function prepareExceptions(request: IncomingMessage): void {
  for (const prepare of preparations.values()) prepare(request);
}
