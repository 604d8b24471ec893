/**
 * The parts of RxJS that the pipeline uses, each from its own module, which RxJS exports. So only a fraction of the
 * package is loaded, and an application that uses RxJS shares it.
 */
export { lastValueFrom } from 'rxjs/internal/lastValueFrom';
export { defer } from 'rxjs/internal/observable/defer';
export { bufferTime } from 'rxjs/internal/operators/bufferTime';
export { concatMap } from 'rxjs/internal/operators/concatMap';
export { filter } from 'rxjs/internal/operators/filter';
export { Subject } from 'rxjs/internal/Subject';
export { Subscription } from 'rxjs/internal/Subscription';
