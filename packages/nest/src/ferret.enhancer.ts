import { annotateRequest, exceptionThrown, ignoreRequest } from '@ferretjs/core/http';
import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import { describeHandler } from './handler-description.js';
import { requestOf } from './request-of.js';

/**
 * Says on a request's span which handler it went to. A guard, because that is the first to know: what another guard then
 * refuses is described too. An interceptor, to see what the handler and its pipes throw. Lets everything through, and
 * leaves contexts other than HTTP alone.
 */
export class FerretEnhancer implements CanActivate, NestInterceptor {
  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    if (request === undefined) return true;
    const { isUntraced, annotations } = describeHandler(context);
    if (isUntraced) ignoreRequest(request);
    else for (const annotation of annotations) annotateRequest(request, annotation, context);
    return true;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    if (request === undefined) return next.handle();
    return next.handle().pipe(tap({ error: (error: unknown) => exceptionThrown(request, error) }));
  }
}
