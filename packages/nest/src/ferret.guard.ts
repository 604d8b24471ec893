import { annotateRequest, ignoreRequest } from '@ferretjs/core/http';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { describeHandler } from './handler-description.js';
import { requestOf } from './request-of.js';

/**
 * Says on a request's span which handler it went to. A guard, because that is the first to know: what another guard then
 * refuses is described too. Lets everything through, and leaves contexts other than HTTP alone.
 */
export class FerretGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    if (request === undefined) return true;
    const { isUntraced, annotations } = describeHandler(context);
    if (isUntraced) ignoreRequest(request);
    else for (const annotation of annotations) annotateRequest(request, annotation, context);
    return true;
  }
}
