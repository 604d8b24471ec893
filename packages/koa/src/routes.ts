/**
 * The entry for `@ferretjs/auto`, which begins the spans of requests itself and learns their routes here. Applications
 * use the package's main entry.
 */
export { routeOf, watch } from './watch.js';
