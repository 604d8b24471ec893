import { type Ferret, FerretError } from '@ferretjs/core';
import { type FerretInstance, ferretFor, openDefaultFerret } from '@ferretjs/core/adapter';
import * as common from '@nestjs/common';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import * as core from '@nestjs/core';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { GuardsConsumer } from '@nestjs/core/guards/guards-consumer.js';
import { InterceptorsConsumer } from '@nestjs/core/interceptors/interceptors-consumer.js';
import { MiddlewareModule } from '@nestjs/core/middleware/middleware-module.js';
import { PipesConsumer } from '@nestjs/core/pipes/pipes-consumer.js';
import { whenAdapterArrives } from './adapter-arrival.js';
import { checkDecorators } from './check-decorators.js';
import { FerretGuard } from './ferret.guard.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  type FerretModuleOptions,
  type ModuleOptions,
  splitOptions,
} from './ferret.module-definition.js';
import { FERRET, FERRET_OPTIONS, MODULE_OPTIONS } from './ferret.tokens.js';
import { watchGraphqlDrivers } from './graphql-driver.js';
import { isLiving, living, own } from './living-modules.js';
import { markAsForeign } from './methods/foreign-classes.js';
import { acceptMethods, type MethodFilter, NOTHING } from './methods/method-selection.js';
import { traceEnhancers } from './methods/trace-enhancers.js';
import { latestFilter, traceProviders, untraceProviders } from './methods/trace-providers.js';
import { traceClients } from './roots/trace-clients.js';
import { traceJobs } from './roots/trace-jobs.js';
import { traceMessages } from './roots/trace-messages.js';
import { traceSockets } from './roots/trace-sockets.js';
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
    { provide: MODULE_OPTIONS, useFactory: splitOptions, inject: [FERRET_OPTIONS] },
    { provide: FERRET, useFactory: instanceFor, inject: [MODULE_OPTIONS] },
  ],
  exports: [FERRET],
})
export class FerretModule extends ConfigurableModuleClass implements OnApplicationBootstrap, OnApplicationShutdown {
  /** @internal */
  readonly ferret: FerretInstance;
  readonly #host: HttpAdapterHost;
  readonly #modules: ModulesContainer;
  readonly #stopMessages: () => void;
  readonly #methods: MethodFilter | undefined;

  constructor(
    @Inject(FERRET) ferret: FerretInstance,
    @Inject(MODULE_OPTIONS) options: ModuleOptions,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    super();
    this.ferret = ferret;
    this.#host = host;
    this.#modules = modules;
    this.#methods = options.methods;
    if (options.ferret !== undefined && ferret !== options.ferret) own.add(ferret);
    living.add(this);
    // Added here, because this runs before all guards that modules provide as APP_GUARD, including those of the root
    // module.
    config.addGlobalGuard(new FerretGuard());
    if (hasServerSentEvents(modules)) config.addGlobalInterceptor(new ServerSentEventsInterceptor());
    watchExceptions(ferret);
    watchGraphqlDrivers(modules);
    checkDecorators(modules, ferret);
    this.#traceMethods();
    traceJobs(modules.values());
    this.#stopMessages = traceMessages(modules, () => ferret);
    traceSockets(config, () => ferret);
    whenAdapterArrives(host, (adapter) => traceRequests(adapter, ferret));
  }

  /**
   * Sets Ferret up for the application.
   *
   * @param optionsOrInstance options for an instance, which is shared with other callers that pass equal options; or an
   *   instance. Default: the default Ferret of the process, also if there are only options of the module (`methods`).
   * @param module Options of the module, for an instance.
   * @throws FerretError `INVALID_OPTION` while the application is created
   * @example
   * @Module({ imports: [FerretModule.forRoot({ service: 'shop' })] })
   * class AppModule {}
   */
  static override forRoot(
    optionsOrInstance?: FerretModuleOptions | Ferret,
    module?: Pick<FerretModuleOptions, 'methods'>,
  ): DynamicModule {
    // The builder's type requires options, but it passes on `undefined` as well.
    const { providers = [], ...rest } = super.forRoot(optionsOrInstance as FerretModuleOptions);
    const useFactory = (given: FerretModuleOptions | Ferret | undefined) => ({
      ...splitOptions(given),
      methods: acceptMethods(module?.methods),
    });
    const ofModule = { provide: MODULE_OPTIONS, useFactory, inject: [FERRET_OPTIONS] };
    return { ...rest, providers: module === undefined ? providers : [...providers, ofModule], global: true };
  }

  /**
   * Like `forRoot`, with options or an instance from a factory: `useFactory` with `inject` and `imports`, or a class.
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return { ...super.forRootAsync(options), global: true };
  }

  /** Nest calls this at the end of `init()`, after the application has added its own hooks. */
  onApplicationBootstrap(): void {
    this.#traceMethods();
    traceJobs(this.#modules.values());
    traceClients(this.#modules.values());
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
    this.#stopMessages();
    if (this.#methods !== undefined) untraceProviders(this.#methods);
    const isToBeClosed = signal !== undefined || (own.has(ferret) && !ferret.isHeld);
    if (!isToBeClosed || isLiving(ferret)) await settlesWithin(ferret.flush(), FLUSH_TIMEOUT_MILLIS);
    else await ferret.shutdown(signal === 'SIGTERM' || signal === 'SIGINT' ? signal : 'close');
  }

  #traceMethods(): void {
    // Without a selection, there is one only where `@ferretjs/auto` has put it.
    if (this.#methods === undefined || (this.#methods === NOTHING && latestFilter() === undefined)) return;
    markAsForeign(common);
    markAsForeign(core);
    traceEnhancers({ GuardsConsumer, PipesConsumer, InterceptorsConsumer, MiddlewareModule });
    traceProviders(this.#modules.values(), this.#methods);
  }
}

function instanceFor({ ferret }: ModuleOptions): FerretInstance {
  return ferretFor(ferret ?? openDefaultFerret());
}

function explainForRoot(): never {
  throw new FerretError(
    'INVALID_OPTION',
    'Ferret: FerretModule is imported without forRoot(). Import FerretModule.forRoot() in the root module; it is global, ' +
      'so other modules need no import.',
  );
}
