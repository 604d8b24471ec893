import { exceptionThrown, type FerretInstance, resolverThrew } from '@ferretjs/core/adapter';
import type { ArgumentsHost } from '@nestjs/common';
import { ExceptionsHandler } from '@nestjs/core/exceptions/exceptions-handler.js';
import { ExternalExceptionsHandler } from '@nestjs/core/exceptions/external-exceptions-handler.js';
import { requestOf } from './request-of.js';

/** A global symbol, so that both builds of this package, CommonJS and ES module, recognise each other's mark. */
const WATCHED = Symbol.for('ferretjs.nest.watched');

/**
 * Records every exception that reaches Nest's exceptions layer (https://docs.nestjs.com/exception-filters) on the
 * request's span: of middleware, guards, pipes and handlers. No enhancer can do that. A filter is only called after
 * those of the application. An interceptor sees only handlers, and makes Nest build two observables for each request of
 * an application that has no other interceptor.
 */
export function watchExceptions(ferret: FerretInstance): void {
  try {
    watch(ExceptionsHandler.prototype, (exception, host) => {
      const request = requestOf(host);
      if (request !== undefined) exceptionThrown(request, exception);
    });
    // Exceptions of resolvers go through another handler. The result of the whole operation decides their meaning.
    watch(ExternalExceptionsHandler.prototype, (exception, host) => {
      if (host.getType<string>() === 'graphql') resolverThrew(host.getArgByIndex(2), exception);
    });
  } catch (error) {
    ferret.report(
      'NOT_TRACED',
      "Exceptions of handlers are not recorded: Nest's exception handlers are frozen.",
      error,
    );
  }
}

interface Handler {
  next(exception: Error, host: ArgumentsHost): unknown;
}

function watch(prototype: Handler, hear: (exception: Error, host: ArgumentsHost) => void): void {
  if (WATCHED in prototype) return;
  const { next } = prototype;
  Object.defineProperty(prototype, WATCHED, { value: true });
  prototype.next = function (this: Handler, exception: Error, host: ArgumentsHost) {
    try {
      hear(exception, host);
    } catch {
      // The host is not one of Nest's own. The response to the exception must not fail for that.
    }
    return next.call(this, exception, host);
  };
}
