// In the registry, so that the CommonJS and the ES module copy of this package mean the same.

/** The application's Ferret; `@InjectFerret()` injects it. */
export const FERRET = Symbol.for('ferretjs.nest.ferret');

/** What `forRoot` or `forRootAsync` was given. */
export const FERRET_OPTIONS = Symbol.for('ferretjs.nest.options');
