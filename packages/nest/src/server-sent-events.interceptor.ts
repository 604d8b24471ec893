import { exceptionThrown } from '@ferretjs/core/adapter';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { type Observable, tap } from 'rxjs';
import { ownersOf } from './handlers-of.js';
import { requestOf } from './request-of.js';

/** The metadata key of `@Sse()`. The entry of `@nestjs/common` does not export Nest's constant for it. */
const SSE_METADATA = '__sse__';

/**
 * Records errors in a stream of server-sent events (`@Sse()`) on the request's span. Nest sends such an error as the
 * last event, so it never reaches the exceptions layer.
 */
export class ServerSentEventsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    if (request === undefined) return next.handle();
    return next.handle().pipe(tap({ error: (error: unknown) => exceptionThrown(request, error) }));
  }
}

/** Whether an application has handlers with `@Sse()`. An interceptor is costly for applications that have no other. */
export function hasServerSentEvents(modules: ModulesContainer): boolean {
  for (const { isController, methods } of ownersOf(modules)) {
    if (isController && methods.some(({ method }) => Reflect.getMetadata(SSE_METADATA, method) === true)) return true;
  }
  return false;
}
