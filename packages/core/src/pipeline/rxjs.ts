/**
 * What the pipeline takes of RxJS, each from its own module, which RxJS exports: a fraction of the package is loaded for them. An
 * application that uses RxJS shares them.
 */
export { lastValueFrom } from 'rxjs/internal/lastValueFrom';
export { defer } from 'rxjs/internal/observable/defer';
export { bufferTime } from 'rxjs/internal/operators/bufferTime';
export { concatMap } from 'rxjs/internal/operators/concatMap';
export { filter } from 'rxjs/internal/operators/filter';
export { Subject } from 'rxjs/internal/Subject';
export { Subscription } from 'rxjs/internal/Subscription';
