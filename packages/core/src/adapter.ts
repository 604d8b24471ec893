/** For adapters: what a web framework's middleware needs. Applications use the adapter's own package. */
export { ferretFor } from './ferret/default-ferret.js';
export type { FerretInstance } from './ferret/ferret-instance.js';
export {
  annotateRequest,
  exceptionThrown,
  type HttpTracer,
  ignoreRequest,
  noRouteMatched,
  notesOf,
  spanOf,
} from './http/http-tracer.js';
export type { RouteOf } from './http/server-span.js';
export { processWide } from './process-wide.js';
export { withSpan } from './trace/context.js';
export { endWhenSettled } from './trace/settle.js';
