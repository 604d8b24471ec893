import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 look for what is dead once the heap has grown by half. Left to itself it waits until there is four times what lives: of a
 * long export, spans that are written already.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
}
