import { traceLateInstance } from './methods/trace-providers.js';

/**
 * For Nest's option `instrument` (Nest 11.1.4 and newer), together with `FerretModule.forRoot({ methods: true })`. It
 * adds what is made after the application's start: modules that are loaded lazily, and what factories make for a
 * request. Returns every instance as it is.
 *
 * @example
 * import { ferretInstrument } from '@ferretjs/nest';
 * import { NestFactory } from '@nestjs/core';
 *
 * class AppModule {}
 *
 * const app = await NestFactory.create(AppModule, { instrument: ferretInstrument });
 */
export const ferretInstrument = {
  instanceDecorator<Instance>(instance: Instance): Instance {
    traceLateInstance(instance);
    return instance;
  },
};
