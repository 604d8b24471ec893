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
export type { FerretModuleOptions } from './ferret.module-definition.js';
export { FERRET } from './ferret.tokens.js';
export { ferretInstrument } from './ferret-instrument.js';
export { InjectFerret } from './inject-ferret.decorator.js';
export { Measure, type MeasureDecorator, type MeasureOptions } from './measure.decorator.js';
export type { MethodPattern, MethodSelection } from './methods/method-selection.js';
export { NoTrace } from './no-trace.decorator.js';
