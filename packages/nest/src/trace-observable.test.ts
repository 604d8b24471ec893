import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { firstValueFrom, groupBy, Observable, of, Subject } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { recorder } from './recorder.fixture.js';
import { isCold, traceObservable } from './trace-observable.js';

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

it('takes only what is a plain observable, as a wrapper has nothing else', async () => {
  class Store<T> extends Observable<T> {
    select() {}
  }
  const group = await firstValueFrom(of(1).pipe(groupBy((value) => value)));
  for (const other of [new Store(), new Subject(), group, Object.assign(of(1), { id: 1 }), Object.create(null), null])
    expect(isCold(other)).toBe(false);
  for (const plain of [of(1), new Observable(), of(1).pipe(groupBy((value) => value))])
    expect(isCold(plain)).toBe(true);
});

it('reads nothing of what a method returns, unless it is an observable', () => {
  const read: unknown[] = [];
  const get = (_: object, key: unknown) => {
    read.push(key);
    return () => {};
  };
  const lazy = {
    get lift() {
      read.push('lift');
      return () => {};
    },
  };
  // A client of another service, whose methods are made when they are read.
  for (const other of [lazy, new Proxy({}, { get }), new Proxy(of(1), { get })]) expect(isCold(other)).toBe(false);
  expect(read).toEqual([]);
});
