import type { Ferret, FerretOptions } from '@ferretjs/core';
import { type FerretInstance, ferretFor } from '@ferretjs/core/http';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { FerretGuard } from './ferret.guard.js';
import { type ASYNC_OPTIONS_TYPE, ConfigurableModuleClass } from './ferret.module-definition.js';
import { FERRET, FERRET_OPTIONS } from './ferret.tokens.js';
import { isLiving, living } from './living-modules.js';
import { hasServerSentEvents, ServerSentEventsInterceptor } from './server-sent-events.interceptor.js';
import { settlesWithin } from './settles-within.js';
import { traceRequests } from './trace-requests.js';
import { watchExceptions } from './watch-exceptions.js';

/** As long as `close()` takes at most: a store that is locked or gone must not keep an application from its end. */
const FLUSH_TIMEOUT_MILLIS = 5_000;

/** What makes every request of a Nest application a span. Global: imported once, in the root module. */
@Module({
  providers: [{ provide: FERRET, useFactory: ferretFor, inject: [FERRET_OPTIONS] }],
  exports: [FERRET],
})
export class FerretModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  /** @internal */
  readonly ferret: FerretInstance;
  readonly #isOwn: boolean;

  constructor(
    @Inject(FERRET) ferret: FerretInstance,
    @Inject(FERRET_OPTIONS) optionsOrInstance: FerretOptions | Ferret | undefined,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    super();
    this.ferret = ferret;
    this.#isOwn = optionsOrInstance !== undefined && ferret !== optionsOrInstance;
    living.add(this);
    // By hand, because now is before all that modules provide as APP_GUARD, the root module's first of these.
    config.addGlobalGuard(new FerretGuard());
    if (hasServerSentEvents(modules)) config.addGlobalInterceptor(new ServerSentEventsInterceptor());
    watchExceptions();
    // At once, but for a testing module, which gets its adapter only once it is compiled.
    host.init$.subscribe(() => traceRequests(host.httpAdapter, ferret));
  }

  /**
   * @param optionsOrInstance Nothing: the process's default Ferret. Options: a new one. A Ferret: that one.
   * @throws FerretError `INVALID_OPTION` while the application is created.
   * @example
   * @Module({ imports: [FerretModule.forRoot({ service: 'shop' })] })
   * class AppModule {}
   */
  static override forRoot(optionsOrInstance?: FerretOptions | Ferret): DynamicModule {
    // The builder does not know options that may be left out; it hands on what it gets.
    return { ...super.forRoot(optionsOrInstance as FerretOptions), global: true };
  }

  /** The same, with options or an instance from a factory: `useFactory` with `inject` and `imports`, or a class. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return { ...super.forRootAsync(options), global: true };
  }

  /**
   * Nest calls this when the server is closed. A Ferret made here is closed; one that others may use as well goes on, unless
   * the process is about to end and no other application uses it. Never rejects, and is bound in time.
   */
  async onApplicationShutdown(signal?: string): Promise<void> {
    const { ferret } = this;
    living.delete(this);
    const isShared = !this.#isOwn && (signal === undefined || isLiving(ferret));
    if (isShared) await settlesWithin(ferret.flush(), FLUSH_TIMEOUT_MILLIS);
    else await ferret.shutdown(signal === 'SIGTERM' || signal === 'SIGINT' ? signal : 'close');
  }
}
