import { expect, it } from 'vitest';
import { ThreadPool } from './thread-pool.js';

const owner = { processKey: 'a', pid: 1 };

it('hands out no thread twice at a time, and as few as it takes', () => {
  const pool = new ThreadPool();
  const tid = (start: number, end: number) => pool.take(owner, start, end).tid;
  expect([tid(0, 10), tid(5, 20), tid(10, 12), tid(11, 30), tid(21, 22), tid(40, 50)]).toEqual([1, 2, 3, 1, 2, 1]);
});

it('numbers lanes by process, threads over all, and gives each process a pid of its own', () => {
  const pool = new ThreadPool();
  const owners = [owner, { processKey: 'b', pid: 1 }, { processKey: 'c', pid: 2 }, owner];
  expect(owners.map((each) => pool.take(each, 0, 10))).toEqual([
    { pid: 1, tid: 1, lane: 1, isNew: true },
    { pid: 2, tid: 2, lane: 1, isNew: true },
    { pid: 3, tid: 3, lane: 1, isNew: true },
    { pid: 1, tid: 4, lane: 2, isNew: true },
  ]);
  expect(pool.take(owner, 11, 12)).toMatchObject({ isNew: false });
});
