import { Inject } from '@nestjs/common';
import { FERRET } from './ferret.tokens.js';

/**
 * Injects the application's Ferret, for `measure`, `start` and `flush`.
 *
 * @example
 * class Orders {
 *   constructor(@InjectFerret() readonly ferret: Ferret) {}
 * }
 */
export const InjectFerret = (): ParameterDecorator & PropertyDecorator => Inject(FERRET);
