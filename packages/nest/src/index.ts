export { Annotate, type Annotation } from './annotate.decorator.js';
export { CurrentSpan } from './current-span.decorator.js';
export { FerretModule } from './ferret.module.js';
export { FERRET } from './ferret.tokens.js';
export { InjectFerret } from './inject-ferret.decorator.js';
export { Measure, type MeasureDecorator } from './measure.decorator.js';
export { NoTrace } from './no-trace.decorator.js';
