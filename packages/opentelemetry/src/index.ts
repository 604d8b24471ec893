export type { ReadableSpan, Resource, Scope, SpanLink, TimedEvent } from './readable-span.js';
export { registerFerret } from './register.js';
export { FerretSpanProcessor } from './span-processor.js';
