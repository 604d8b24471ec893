import type { Ferret } from '@ferretjs/core';
import { ferretFor } from '@ferretjs/core/http';
import { ferret } from '@ferretjs/express';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { type Fastify, traceFastify } from './trace-fastify.js';

/**
 * Makes every request to an application a span, first of all that it does with it: before body parsers, middleware and
 * guards, so that what these answer is recorded as well. There is no adapter in microservices and standalone applications.
 */
export function traceRequests(adapter: AbstractHttpAdapter | null | undefined, instance: Ferret): void {
  if (!adapter) return;
  const platform = adapter.getType();
  if (platform === 'express') adapter.use(ferret(instance));
  else if (platform === 'fastify') traceFastify(adapter.getInstance<Fastify>(), ferretFor(instance).http);
}
