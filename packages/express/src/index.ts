export { annotate } from './annotate.js';
export { ferret } from './middleware.js';
export { spanOf } from './span-of.js';
