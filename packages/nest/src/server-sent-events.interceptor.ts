import { exceptionThrown } from '@ferretjs/core/http';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { type Observable, tap } from 'rxjs';
import { requestOf } from './request-of.js';

/** What `@Sse()` puts on a handler; Nest's constant of this name is not among what its entry exports. */
const SSE_METADATA = '__sse__';

/**
 * Keeps what fails in a stream of server-sent events (`@Sse()`) on the request's span: Nest sends it as the last event, so it never
 * reaches the exceptions layer.
 */
export class ServerSentEventsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    if (request === undefined) return next.handle();
    return next.handle().pipe(tap({ error: (error: unknown) => exceptionThrown(request, error) }));
  }
}

/** Whether there is any; an interceptor is dear for those who have no other. */
export function hasServerSentEvents(modules: ModulesContainer): boolean {
  const scanner = new MetadataScanner();
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  return controllers.some(({ metatype }) => {
    const prototype: Record<string, object> | undefined = metatype?.prototype;
    if (prototype === undefined) return false;
    return scanner
      .getAllMethodNames(prototype)
      .some((name) => Reflect.getMetadata(SSE_METADATA, prototype[name]!) === true);
  });
}
