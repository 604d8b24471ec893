import { FerretSpanProcessor } from '@ferretjs/opentelemetry';
import type { SpanProcessor as SpanProcessor2 } from '@opentelemetry/sdk-trace-base';
import type { SpanProcessor as SpanProcessor3 } from '../../versions/opentelemetry-3/node_modules/@opentelemetry/sdk-trace/dist/index.mjs';

/** `npm run typecheck` says whether both SDKs take the processor. */
export const processors: readonly [SpanProcessor2, SpanProcessor3] = [
  new FerretSpanProcessor(),
  new FerretSpanProcessor(),
];
