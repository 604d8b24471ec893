import type { AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';

/** The HTTP adapter of an application; microservices and standalone applications have none. */
export type MaybeAdapter = AbstractHttpAdapter | null | undefined;

/** `init$` exists from Nest 11.1.4 on. */
type Host = Omit<HttpAdapterHost, 'init$'> & Partial<Pick<HttpAdapterHost, 'init$'>>;

/**
 * Calls `onAdapter` with the application's adapter: at once, or for a testing module when it is compiled, because it
 * gets its adapter then.
 */
export function whenAdapterArrives(host: Host, onAdapter: (adapter: MaybeAdapter) => void): void {
  if (host.httpAdapter) onAdapter(host.httpAdapter);
  else if (host.init$ !== undefined) host.init$.subscribe(() => onAdapter(host.httpAdapter));
  else watchSetter(host, onAdapter);
}

/**
 * Watches the assignment of the adapter, for Nest before 11.1.4, which has no event for it. The accessor hides the
 * host's own, and is removed with the first adapter.
 */
function watchSetter(host: Host, onAdapter: (adapter: MaybeAdapter) => void): void {
  Object.defineProperty(host, 'httpAdapter', {
    configurable: true,
    get: () => Reflect.get(Object.getPrototypeOf(host), 'httpAdapter', host),
    set(adapter: AbstractHttpAdapter) {
      Reflect.deleteProperty(host, 'httpAdapter');
      host.httpAdapter = adapter;
      onAdapter(adapter);
    },
  });
}
