import { createFerret, type Ferret, type FerretOptions } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, expect, vi } from 'vitest';

/** Functions that run after a test, the last one first. */
export const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

export const PLATFORMS = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter(),
};

/** A Ferret with its diagnostics. `spans(count)` resolves with the stored spans, once there are `count`. */
export function recorder(options: FerretOptions = {}) {
  const sink = new MemorySink();
  const diagnostics: { readonly code: string; readonly message: string }[] = [];
  const ferret: Ferret = createFerret({
    sink,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...options,
  });
  cleanUp.push(() => ferret.close());
  const spans = (count = 1) =>
    vi.waitFor(async () => {
      await ferret.flush();
      expect(sink.spans.length).toBeGreaterThanOrEqual(count);
      return sink.spans;
    });
  return { ferret, sink, spans, diagnostics };
}
