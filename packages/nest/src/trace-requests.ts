import type { ServerResponse } from 'node:http';
import { type FerretInstance, noRouteMatched } from '@ferretjs/core/adapter';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { MaybeAdapter } from './adapter-arrival.js';
import type { PlatformRequest } from './request-of.js';
import { traceExpress } from './trace-express.js';
import { resumeInFastify, traceFastify } from './trace-fastify.js';

/**
 * Records every request to an application as a span. Tracing begins before body parsers, middleware and guards, so that
 * their responses are recorded as well. Never throws: an application that cannot be traced runs untraced, and a
 * diagnostic gives the reason.
 */
export function traceRequests(adapter: MaybeAdapter, ferret: FerretInstance): void {
  if (!adapter) return;
  try {
    const platform = adapter.getType();
    if (platform !== 'express' && platform !== 'fastify') {
      ferret.report(
        'NOT_TRACED',
        `Requests are not recorded: the HTTP adapter is "${platform}", not Express or Fastify.`,
      );
    } else if (adapter.getHttpServer()?.listening) {
      ferret.report('NOT_TRACED', TOO_LATE);
    } else {
      if (platform === 'express') traceExpress(adapter, ferret);
      else traceFastify(adapter, ferret.http);
      watchNotFound(adapter);
    }
  } catch (error) {
    ferret.report('NOT_TRACED', `${TOO_LATE} (${error instanceof Error ? error.message : String(error)})`, error);
  }
}

/** Enters each request's span again, where hooks of the platform may have lost it. */
export function resumeRequests(adapter: MaybeAdapter, ferret: FerretInstance): void {
  try {
    if (adapter?.getType() === 'fastify') resumeInFastify(adapter, ferret.http);
  } catch {
    // Nest was told to start an application that has started already. Requests are recorded all the same.
  }
}

const TOO_LATE =
  'Requests are not recorded: FerretModule was loaded after the application had started. Import ' +
  'FerretModule.forRoot() in the root module.';

/**
 * Watches Nest's response to requests without a route. It is an exception, and with a global prefix a route itself:
 * `/api*path`.
 */
function watchNotFound(adapter: AbstractHttpAdapter): void {
  const { setNotFoundHandler } = adapter;
  adapter.setNotFoundHandler = (handler, ...more) => {
    const watched = (request: PlatformRequest, response: ServerResponse, next: () => void) => {
      try {
        noRouteMatched(request.raw ?? request);
      } catch {
        // The request is not one of Node's own. The response must not fail for that.
      }
      return handler(request, response, next);
    };
    return setNotFoundHandler.call(adapter, watched, ...more);
  };
}
