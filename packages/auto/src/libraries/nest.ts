import { createRequire } from 'node:module';
import { type ContainerLike, watchContainer, watchProviders } from '@ferretjs/nest/container';
import { reportFault } from '../fault.js';
import type { Library, PackageCopy } from '../library.js';
import { wrapMethod } from '../wrap-method.js';

const FILE = 'injector/instance-loader.js';

/**
 * Nest from the inside: the methods of providers and controllers, jobs, messages. All of an application's modules pass
 * through one class before their providers are made. Requests are seen by the platform, Express or Fastify.
 */
export const nest: Library = {
  name: 'nest',
  ways: [
    { how: 'hook', package: '@nestjs/core', versions: '>=11 <12', file: FILE, patch },
    { how: 'hook', package: '@nestjs/core', versions: '>=12 <13', file: FILE, isEsModule: true, patch },
  ],
};

interface InstanceLoader {
  readonly container: ContainerLike;
}

function patch(exports: unknown, { directory }: PackageCopy): void {
  const { prototype } = (exports as { readonly InstanceLoader: { readonly prototype: object } }).InstanceLoader;
  const isWrapped = wrapMethod(prototype, 'createInstancesOfDependencies', (original) => {
    return function (...args) {
      const { container } = this as InstanceLoader;
      safely(() => watchContainer(container, consumersIn(directory)));
      const result = original.apply(this, args);
      if (result instanceof Promise) {
        result.then(
          () => safely(() => watchProviders(container)),
          () => {}, // The application's own to handle: Nest awaits the same promise.
        );
      }
      return result;
    };
  });
  if (!isWrapped) throw new TypeError(`${FILE} has no method createInstancesOfDependencies.`);
}

/** Loaded already, by the application: the container stands on them. */
function consumersIn(directory: string): Parameters<typeof watchContainer>[1] {
  const load = createRequire(`${directory}/package.json`);
  return {
    packages: [load('@nestjs/common'), load(`${directory}/index.js`)],
    ...load(`${directory}/guards/guards-consumer.js`),
    ...load(`${directory}/pipes/pipes-consumer.js`),
    ...load(`${directory}/interceptors/interceptors-consumer.js`),
    ...load(`${directory}/middleware/middleware-module.js`),
  };
}

function safely(watch: () => void): void {
  try {
    watch();
  } catch (error) {
    reportFault('the instrumentation of nest', error);
  }
}
