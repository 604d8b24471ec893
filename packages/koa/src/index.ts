export {
  type Attributes,
  type AttributeValue,
  createFerret,
  currentSpan,
  defaultFerret,
  type Ferret,
  FerretError,
  type FerretOptions,
  type Span,
  type SpanOptions,
} from '@ferretjs/core';
export { type GraphqlPlugin, graphqlPlugin } from '@ferretjs/core/adapter';
export { annotate } from './annotate.js';
export { ferret, type KoaOptions } from './middleware.js';
export { spanOf } from './span-of.js';
