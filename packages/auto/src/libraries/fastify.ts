import type { IncomingMessage, ServerResponse } from 'node:http';
import { exceptionThrown, ferretOfRequests } from '@ferretjs/core/adapter';
import type { Library } from '../library.js';
import { findRoutesOf, routeOfRequest } from '../routes.js';
import { isInRange } from '../version-range.js';

interface Request {
  readonly raw: IncomingMessage;
  /** Without a `url` if no route matched. */
  readonly routeOptions: { readonly url?: string };
}

interface Reply {
  readonly raw: ServerResponse;
}

interface Application {
  readonly version: string;
  addHook(name: 'onRequest', hook: (request: Request, reply: Reply, done: () => void) => void): unknown;
  addHook(name: 'onError', hook: (request: Request, reply: Reply, error: unknown, done: () => void) => void): unknown;
}

const VERSIONS = '>=5 <6';

/** Fastify's own objects of current requests. */
const requests = new WeakMap<IncomingMessage, Request>();

/**
 * Routes and exceptions of Fastify, which publishes each application as it is made. Its first hooks are Ferret's: its
 * channel of requests is silent for those that a hook or the validation answers. What comes without a server
 * (`inject()`) begins there, too.
 */
export const fastify: Library = {
  name: 'fastify',
  ways: [
    {
      how: 'channel',
      package: 'fastify',
      versions: VERSIONS,
      subscribe(channels) {
        findRoutesOf('fastify', (request) => requests.get(request)?.routeOptions.url);
        channels.on<{ readonly fastify: Application }>('fastify.initialization', ({ fastify }) => {
          if (isInRange(fastify.version, VERSIONS)) hook(fastify);
        });
      },
    },
    // Nest's platform is an application of Fastify.
    { how: 'channel', package: '@nestjs/platform-fastify', versions: '>=11 <13', subscribe() {} },
  ],
};

function hook(application: Application): void {
  application.addHook('onRequest', (request, reply, done) => {
    requests.set(request.raw, request);
    ferretOfRequests().http.trace(request.raw, reply.raw, routeOfRequest, done, true);
  });
  application.addHook('onError', (request, _reply, error, done) => {
    exceptionThrown(request.raw, error);
    done();
  });
}
