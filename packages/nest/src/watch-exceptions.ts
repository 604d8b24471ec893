import { exceptionThrown } from '@ferretjs/core/http';
import type { ArgumentsHost } from '@nestjs/common';
import { ExceptionsHandler } from '@nestjs/core/exceptions/exceptions-handler.js';
import { requestOf } from './request-of.js';

/** In the registry, so that the CommonJS and the ES module copy of this package see each other's. */
const WATCHED = Symbol.for('ferretjs.nest.watched');

/**
 * Keeps what reaches Nest's exceptions layer (https://docs.nestjs.com/exception-filters) on the request's span, whoever threw it:
 * middleware, guards, pipes, handlers. No enhancer can do that: a filter is only asked after those of the application, and an
 * interceptor hears of handlers alone, and has Nest build two observables for each request of an application that has none.
 */
export function watchExceptions(): void {
  const { prototype } = ExceptionsHandler;
  if (WATCHED in prototype) return;
  const { next } = prototype;
  Object.defineProperty(prototype, WATCHED, { value: true });
  prototype.next = function (this: ExceptionsHandler, exception: Error, host: ArgumentsHost) {
    try {
      const request = requestOf(host);
      if (request !== undefined) exceptionThrown(request, exception);
    } catch {
      // A host unlike Nest's own: the answer to the exception matters more.
    }
    return next.call(this, exception, host);
  };
}
