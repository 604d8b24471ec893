import type { IncomingMessage } from 'node:http';
import type { ArgumentsHost } from '@nestjs/common';

/** The request of the platform. Fastify's contains Node's own; Express's is Node's own. */
export type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage };

/**
 * Returns Node's request in the handler of a request; `undefined` in handlers of microservices, gateways and GraphQL.
 */
export function requestOf(context: ArgumentsHost): IncomingMessage | undefined {
  if (context.getType() !== 'http') return undefined;
  const request = context.switchToHttp().getRequest<PlatformRequest | undefined>();
  return request?.raw ?? request;
}
