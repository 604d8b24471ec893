export {
  type Attributes,
  createFerret,
  currentSpan,
  defaultFerret,
  type Ferret,
  FerretError,
  type FerretOptions,
  type Span,
} from '@ferretjs/core';
export { type GraphqlPlugin, graphqlPlugin } from '@ferretjs/core/adapter';
export { Annotate, type Annotation } from './annotate.decorator.js';
export { CurrentSpan } from './current-span.decorator.js';
export { FerretModule } from './ferret.module.js';
export { FERRET } from './ferret.tokens.js';
export { InjectFerret } from './inject-ferret.decorator.js';
export { Measure, type MeasureDecorator } from './measure.decorator.js';
export { NoTrace } from './no-trace.decorator.js';
