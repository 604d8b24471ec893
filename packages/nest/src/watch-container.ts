import { markAsForeign } from './methods/foreign-classes.js';
import { acceptMethods } from './methods/method-selection.js';
import { type Consumers, traceEnhancers } from './methods/trace-enhancers.js';
import { latestFilter, type ModuleLike, traceProviders } from './methods/trace-providers.js';
import { recordRootsWithoutModule, rootFerret } from './roots/root-ferret.js';
import { traceClients } from './roots/trace-clients.js';
import { traceJobs } from './roots/trace-jobs.js';
import { traceMessages } from './roots/trace-messages.js';
import { traceSockets } from './roots/trace-sockets.js';

/** The parts of Nest's container (`NestContainer`) that are used here. */
export interface ContainerLike {
  getModules(): ReadonlyMap<string, ModuleLike>;
  readonly applicationConfig?: Parameters<typeof traceSockets>[0];
}

/** The selection of applications without a `FerretModule`. */
const everything = acceptMethods(true)!;

/** Containers that have been watched. */
const watched = new WeakSet<object>();

/**
 * Makes spans of the methods, jobs and messages of an application, before its providers are made. An application that
 * has `FerretModule` as well is recorded once, by that module's Ferret and its selection.
 *
 * @param nest classes of the `@nestjs/core` that the container is of, and the exports of Nest's packages
 */
export function watchContainer(container: ContainerLike, nest: Consumers & { readonly packages: unknown[] }): void {
  const modules = container.getModules();
  recordRootsWithoutModule();
  for (const exports of nest.packages) markAsForeign(exports);
  traceEnhancers(nest);
  traceProviders(modules.values(), latestFilter() ?? everything);
  traceJobs(modules.values());
  if (watched.has(container)) return;
  watched.add(container);
  traceMessages(modules as Parameters<typeof traceMessages>[0], rootFerret);
  if (container.applicationConfig !== undefined) traceSockets(container.applicationConfig, rootFerret);
}

/** The same for what the application's factories have made meanwhile. */
export function watchProviders(container: ContainerLike): void {
  const modules = container.getModules();
  traceProviders(modules.values(), latestFilter() ?? everything);
  traceJobs(modules.values());
  traceClients(modules.values());
}
