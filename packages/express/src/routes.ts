/**
 * The entry for `@ferretjs/auto`, which begins the spans of requests itself and learns their routes here. Applications
 * use the package's main entry.
 */
export { watchLayer } from './layer-watch.js';
export { noteExceptions } from './note-exceptions.js';
export { routeOf } from './route-of.js';
