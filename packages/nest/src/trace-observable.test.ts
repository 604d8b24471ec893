import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Observable, Subject } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { recorder } from './recorder.fixture.js';
import { traceObservable } from './trace-observable.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Drops an observable, and waits until another one that was dropped without a subscription has ended its span. */
async function drop(subscribe: boolean) {
  const { ferret, sink } = recorder();
  const source = new Subject<number>();
  const make = (name: string) =>
    traceObservable(new Observable<number>((subscriber) => source.subscribe(subscriber)), ferret.start(name), () =>
      ferret.start(name),
    );
  const seen: unknown[] = [];
  if (subscribe) make('used').subscribe((value) => seen.push(value));
  make('unused');
  const names = () => sink.spans.map(({ name }) => name);
  await vi.waitFor(async () => {
    await turn();
    collect();
    await ferret.flush();
    expect(names()).toContain('unused');
  });
  return { source, ferret, seen, names };
}

it('ends the span of an observable that was dropped without a subscription, and of none that runs', async () => {
  expect((await drop(false)).names()).toEqual(['unused']);
  const { source, ferret, seen, names } = await drop(true);
  source.next(1);
  expect(names()).toEqual(['unused']);
  source.complete();
  await ferret.flush();
  expect(names()).toEqual(['unused', 'used']);
  expect(seen).toEqual([1]);
});
