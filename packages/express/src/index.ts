export {
  type Attributes,
  type AttributeValue,
  type CloseReport,
  createFerret,
  currentSpan,
  type Diagnostic,
  defaultFerret,
  type Ferret,
  FerretError,
  type FerretErrorCode,
  type FerretOptions,
  type IgnoreRule,
  type SamplingOptions,
  type SamplingRule,
  type Span,
  type SpanOptions,
} from '@ferretjs/core';
export { type GraphqlPlugin, graphqlPlugin } from '@ferretjs/core/adapter';
export { annotate } from './annotate.js';
export type { FerretErrorMiddleware, FerretMiddleware } from './express-types.js';
export { ferret } from './middleware.js';
export { spanOf } from './span-of.js';
