import { contextFailed, graphqlPlugin } from '@ferretjs/core/adapter';
import type { ModulesContainer } from '@nestjs/core';

/** A global symbol, so that both builds of this package, CommonJS and ES module, recognise each other's mark. */
const WATCHED = Symbol.for('ferretjs.nest.graphqlDriver');

/** The name of the class under which `@nestjs/graphql` provides the driver. This package does not depend on it. */
const DRIVER_TOKEN = 'AbstractGraphQLDriver';

/** A driver of Apollo, Mercurius or Yoga, or of the application. */
interface Driver {
  start(options: DriverOptions): unknown;
}
interface DriverOptions {
  plugins?: unknown;
  context?: unknown;
}
type MakeContext = (request: unknown, ...more: unknown[]) => unknown;

/**
 * Adds Ferret's plugin as the first one with which Nest starts its GraphQL server, so that it sees errors before
 * another plugin hides them. Apollo's `@Plugin()` is no alternative: it has no effect if the module has `include`, nor
 * with other drivers.
 */
export function watchGraphqlDrivers(modules: ModulesContainer): void {
  for (const { providers } of modules.values()) {
    for (const [token, { metatype }] of providers) {
      if (typeof token === 'function' && token.name === DRIVER_TOKEN) watchDriver(metatype?.prototype);
    }
  }
}

function watchDriver(prototype: Partial<Driver> | undefined): void {
  if (typeof prototype?.start !== 'function' || Object.hasOwn(prototype, WATCHED)) return;
  if (!Object.isExtensible(prototype)) return;
  const { start } = prototype;
  Object.defineProperty(prototype, WATCHED, { value: true });
  prototype.start = function (this: Driver, options: DriverOptions) {
    addTo(options);
    return start.call(this, options);
  };
}

function addTo(options: DriverOptions): void {
  try {
    const { plugins = [], context } = options;
    const plugin = graphqlPlugin();
    if (Array.isArray(plugins) && !plugins.includes(plugin)) options.plugins = [plugin, ...plugins];
    if (typeof context === 'function') options.context = watchContext(context as MakeContext);
  } catch {
    // The options cannot be changed. The server starts without the plugin.
  }
}

/** Watches the creation of contexts. If it fails, Mercurius answers with status 200 and calls no plugin. */
function watchContext(context: MakeContext): MakeContext {
  return function (this: unknown, request, ...more) {
    const failed = (error: unknown) => {
      try {
        contextFailed({ req: request }, error);
      } catch {
        // The request is not one of Nest's platforms.
      }
    };
    try {
      const made = context.call(this, request, ...more);
      if (made instanceof Promise) made.catch(failed);
      return made;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
}
