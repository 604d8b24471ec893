import type { Ferret, FerretOptions } from '@ferretjs/core';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import { FERRET_OPTIONS } from './ferret.tokens.js';
import { acceptMethods, type MethodFilter, type MethodSelection } from './methods/method-selection.js';

/** Options of {@link FerretModule}: those of the instance, and those of the module. */
export interface FerretModuleOptions extends FerretOptions {
  /**
   * Makes a span `Class.method` of every call of a controller's or provider's method, inside a request or a job. `true`
   * takes all of the application's own classes. Default: false.
   */
  readonly methods?: boolean | MethodSelection | undefined;
}

/** Nest's builder for `forRoot` and `forRootAsync`. */
export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE } = new ConfigurableModuleBuilder<
  FerretModuleOptions | Ferret | undefined
>({ optionsInjectionToken: FERRET_OPTIONS })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createFerretOptions')
  .build();

/** The two parts of what `forRoot` and `forRootAsync` received. */
export interface ModuleOptions {
  /** An instance, its options, or `undefined` for the default Ferret of the process. */
  readonly ferret: FerretOptions | Ferret | undefined;
  readonly methods: MethodFilter | undefined;
}

/**
 * Tells the module's own options from those of the instance.
 *
 * @throws FerretError `INVALID_OPTION`
 */
export function splitOptions(given: FerretModuleOptions | Ferret | undefined): ModuleOptions {
  if (typeof given !== 'object' || given === null || !('methods' in given)) {
    return { ferret: given, methods: undefined };
  }
  const { methods, ...options } = given;
  return {
    ferret: Object.keys(options).length === 0 ? undefined : options,
    methods: acceptMethods(methods),
  };
}
