// Global symbols, so that both builds of this package, CommonJS and ES module, use the same tokens.

/** Injection token of the application's Ferret; `@InjectFerret()` uses it. */
export const FERRET = Symbol.for('ferretjs.nest.ferret');

/** Injection token of the options or the instance that `forRoot` or `forRootAsync` received. */
export const FERRET_OPTIONS = Symbol.for('ferretjs.nest.options');

/** Injection token of the same, the module's options and those of the instance told apart. */
export const MODULE_OPTIONS = Symbol.for('ferretjs.nest.moduleOptions');
