import type { IncomingMessage } from 'node:http';
import type { ArgumentsHost } from '@nestjs/common';

/** Fastify's request has Node's own in it; Express's is one. */
export type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage };

/** Node's request, in a handler of one; `undefined` in those of microservices, gateways and GraphQL. */
export function requestOf(context: ArgumentsHost): IncomingMessage | undefined {
  if (context.getType() !== 'http') return undefined;
  const request = context.switchToHttp().getRequest<PlatformRequest | undefined>();
  return request?.raw ?? request;
}
