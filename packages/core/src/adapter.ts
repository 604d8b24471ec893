/**
 * The entry for adapters of web frameworks and for instrumentations of libraries (docs/instrumentation.md).
 * Applications import the adapter's own package instead.
 */
export { existingFerret, ferretFor, ferretOfRequests, openDefaultFerret } from './ferret/default-ferret.js';
export type { FerretInstance } from './ferret/ferret-instance.js';
export { startChild, startForeign, startLeaf, startLeafSince, startSpan } from './ferret/instrumentation.js';
export {
  contextFailed,
  describeOperation,
  type GraphqlOperation,
  graphqlRequestOf,
  graphqlSpanOf,
  isDescribed,
  resolverThrew,
} from './http/graphql.js';
export { type GraphqlPlugin, graphqlPlugin } from './http/graphql-plugin.js';
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
export { type Carrier, type Continuation, continueTrace } from './trace/carrier.js';
export { runWith, type SharedContext, type SharedStorage, shareStorage, withSpan } from './trace/context.js';
export type {
  ForeignDescription,
  ForeignEnd,
  ForeignEvent,
  ForeignNotes,
  ForeignSpan,
  ForeignStart,
} from './trace/foreign-span.js';
export { endWhenSettled, follow, isPromise } from './trace/settle.js';
export type { Leaf, LinkedSpan, RemoteSpan } from './trace/span.js';
