import { type Ferret, FerretError, type FerretOptions } from '@ferretjs/core';
import { type FerretInstance, ferretFor, openDefaultFerret } from '@ferretjs/core/adapter';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { whenAdapterArrives } from './adapter-arrival.js';
import { checkDecorators } from './check-decorators.js';
import { FerretGuard } from './ferret.guard.js';
import { type ASYNC_OPTIONS_TYPE, ConfigurableModuleClass } from './ferret.module-definition.js';
import { FERRET, FERRET_OPTIONS } from './ferret.tokens.js';
import { watchGraphqlDrivers } from './graphql-driver.js';
import { isLiving, living, own } from './living-modules.js';
import { hasServerSentEvents, ServerSentEventsInterceptor } from './server-sent-events.interceptor.js';
import { settlesWithin } from './settles-within.js';
import { resumeRequests, traceRequests } from './trace-requests.js';
import { watchExceptions } from './watch-exceptions.js';

/** The same limit as that of `close()`: a store that is locked or gone must not delay the end of an application. */
const FLUSH_TIMEOUT_MILLIS = 5_000;

/** Records every request of a Nest application as a span. The module is global: import it once, in the root module. */
@Module({
  providers: [
    // `forRoot` and `forRootAsync` replace this provider.
    { provide: FERRET_OPTIONS, useFactory: explainForRoot },
    { provide: FERRET, useFactory: instanceFor, inject: [FERRET_OPTIONS] },
  ],
  exports: [FERRET],
})
export class FerretModule extends ConfigurableModuleClass implements OnApplicationBootstrap, OnApplicationShutdown {
  /** @internal */
  readonly ferret: FerretInstance;
  readonly #host: HttpAdapterHost;

  constructor(
    @Inject(FERRET) ferret: FerretInstance,
    @Inject(FERRET_OPTIONS) optionsOrInstance: FerretOptions | Ferret | undefined,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    super();
    this.ferret = ferret;
    this.#host = host;
    if (optionsOrInstance !== undefined && ferret !== optionsOrInstance) own.add(ferret);
    living.add(this);
    // Added here, because this runs before all guards that modules provide as APP_GUARD, including those of the root
    // module.
    config.addGlobalGuard(new FerretGuard());
    if (hasServerSentEvents(modules)) config.addGlobalInterceptor(new ServerSentEventsInterceptor());
    watchExceptions(ferret);
    watchGraphqlDrivers(modules);
    checkDecorators(modules, ferret);
    whenAdapterArrives(host, (adapter) => traceRequests(adapter, ferret));
  }

  /**
   * Sets Ferret up for the application.
   *
   * @param optionsOrInstance options for an instance, which is shared with other callers that pass equal options; or an
   *   instance. Default: the default Ferret of the process.
   * @throws FerretError `INVALID_OPTION` while the application is created
   * @example
   * @Module({ imports: [FerretModule.forRoot({ service: 'shop' })] })
   * class AppModule {}
   */
  static override forRoot(optionsOrInstance?: FerretOptions | Ferret): DynamicModule {
    // The builder's type requires options, but it passes on `undefined` as well.
    return { ...super.forRoot(optionsOrInstance as FerretOptions), global: true };
  }

  /**
   * Like `forRoot`, with options or an instance from a factory: `useFactory` with `inject` and `imports`, or a class.
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return { ...super.forRootAsync(options), global: true };
  }

  /** Nest calls this at the end of `init()`, after the application has added its own hooks. */
  onApplicationBootstrap(): void {
    resumeRequests(this.#host.httpAdapter, this.ferret);
  }

  /**
   * Nest calls this when the server is closed. An instance that was made here is closed with the last application that
   * uses it. An instance that other code may use is only flushed, unless the process is about to end. Never rejects,
   * and takes at most the time limit.
   */
  async onApplicationShutdown(signal?: string): Promise<void> {
    const { ferret } = this;
    living.delete(this);
    const isToBeClosed = signal !== undefined || (own.has(ferret) && !ferret.isHeld);
    if (!isToBeClosed || isLiving(ferret)) await settlesWithin(ferret.flush(), FLUSH_TIMEOUT_MILLIS);
    else await ferret.shutdown(signal === 'SIGTERM' || signal === 'SIGINT' ? signal : 'close');
  }
}

function instanceFor(optionsOrInstance: FerretOptions | Ferret | undefined): FerretInstance {
  return ferretFor(optionsOrInstance ?? openDefaultFerret());
}

function explainForRoot(): never {
  throw new FerretError(
    'INVALID_OPTION',
    'Ferret: FerretModule is imported without forRoot(). Import FerretModule.forRoot() in the root module; it is global, ' +
      'so other modules need no import.',
  );
}
