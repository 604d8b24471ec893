export { annotate } from './annotate.js';
export { ferret, type KoaOptions } from './middleware.js';
export { spanOf } from './span-of.js';
