import type { IncomingMessage } from 'node:http';
import { annotateRequest, ignoreRequest } from '@ferretjs/core/adapter';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { describeResolver } from './graphql-resolver.js';
import { describeHandler } from './handler-description.js';
import { requestOf } from './request-of.js';
import { reachedHandler } from './route-names.js';

/**
 * Records on a request's span which handler it went to. This is a guard because guards are the first to know the
 * handler: requests that another guard refuses are described too. It lets every request pass, and ignores message
 * handlers and gateways, which have no request.
 */
export class FerretGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    try {
      const request = requestOf(context);
      if (request === undefined) return describeResolver(context);
      describe(request, context);
    } catch {
      // The context is not one of Nest's own. The request must not fail for that.
    }
    return true;
  }
}

function describe(request: IncomingMessage, context: ExecutionContext): void {
  reachedHandler(request);
  const { isUntraced, annotations } = describeHandler(context);
  if (isUntraced) ignoreRequest(request);
  else for (const annotation of annotations) annotateRequest(request, annotation, context);
}
