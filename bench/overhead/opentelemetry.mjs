// OpenTelemetry set up by its documentation: loaded before the app, the module hook for ES modules registered, the
// instrumentations of HTTP and of the framework, a batch processor with its defaults. EXPORTER says where the spans go.
import { register } from 'node:module';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { CountingExporter } from './counting-exporter.mjs';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

const exporter = new CountingExporter(await createExporter());
const batches = new BatchSpanProcessor(exporter);
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'bench' }),
  spanProcessors: [batches],
});
provider.register();
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), ...(await ofFramework())] });

/** The interface for server.mjs: exports everything, and counts. */
globalThis[Symbol.for('bench.opentelemetry')] = {
  mounted: {},
  async settle() {
    // forceFlush() waits for no batch that is under way.
    await exporter.idle();
    await batches.forceFlush();
    await exporter.idle();
  },
  counts: () => ({ exported: exporter.exported, failed: exporter.failed }),
};

async function createExporter() {
  switch (process.env.EXPORTER) {
    case 'otlp': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
      return new OTLPTraceExporter({ url: process.env.OTLP_URL });
    }
    case 'sqlite': {
      const { SqliteSpanExporter } = await import('./sqlite-span-exporter.mjs');
      return SqliteSpanExporter.open(process.env.FILE);
    }
    default:
      return { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} };
  }
}

async function ofFramework() {
  const { ExpressInstrumentation } = await import('@opentelemetry/instrumentation-express');
  if (process.env.FRAMEWORK === 'express') return [new ExpressInstrumentation()];
  if (process.env.FRAMEWORK === 'koa') {
    const { KoaInstrumentation } = await import('@opentelemetry/instrumentation-koa');
    return [new KoaInstrumentation()];
  }
  // Its documentation: "works with Express, so the HTTP and Express instrumentations are needed as well".
  const { NestInstrumentation } = await import('@opentelemetry/instrumentation-nestjs-core');
  return [new ExpressInstrumentation(), new NestInstrumentation()];
}
