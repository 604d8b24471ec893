import type { Ferret, FerretOptions } from '@ferretjs/core';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import { FERRET_OPTIONS } from './ferret.tokens.js';

/** Nest's builder for `forRoot` and `forRootAsync`. */
export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE } = new ConfigurableModuleBuilder<
  FerretOptions | Ferret | undefined
>({ optionsInjectionToken: FERRET_OPTIONS })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createFerretOptions')
  .build();
