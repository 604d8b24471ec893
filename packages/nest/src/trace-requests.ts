import type { ServerResponse } from 'node:http';
import type { Ferret } from '@ferretjs/core';
import { ferretFor, noRouteMatched } from '@ferretjs/core/http';
import { ferret } from '@ferretjs/express';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { PlatformRequest } from './request-of.js';
import { type Fastify, traceFastify } from './trace-fastify.js';

/**
 * Makes every request to an application a span, first of all that it does with it: before body parsers, middleware and
 * guards, so that what these answer is recorded as well. There is no adapter in microservices and standalone applications.
 */
export function traceRequests(adapter: AbstractHttpAdapter | null | undefined, instance: Ferret): void {
  if (!adapter) return;
  const platform = adapter.getType();
  if (platform === 'express') adapter.use(ferret(instance));
  else if (platform === 'fastify') traceFastify(adapter.getInstance<Fastify>(), ferretFor(instance).http);
  else return;
  watchNotFound(adapter);
}

/** Nest's answer to what no route matches is an exception, and a route itself where there is a global prefix: `/api*path`. */
function watchNotFound(adapter: AbstractHttpAdapter): void {
  const { setNotFoundHandler } = adapter;
  adapter.setNotFoundHandler = (handler, ...more) => {
    const watched = (request: PlatformRequest, response: ServerResponse, next: () => void) => {
      noRouteMatched(request.raw ?? request);
      return handler(request, response, next);
    };
    return setNotFoundHandler.call(adapter, watched, ...more);
  };
}
