import { describe, expect, it } from 'vitest';
import { Lifecycle } from './lifecycle.js';

const never = new Promise<void>(() => {});

describe('the end', () => {
  it('begins once, and comes in time', () => {
    const lifecycle = new Lifecycle();
    expect(lifecycle.isOpen).toBe(true);
    lifecycle.close();
    lifecycle.close();
    expect([lifecycle.isOpen, lifecycle.isAbandoned]).toEqual([false, false]);
    lifecycle.closed();
    expect(lifecycle.abandon()).toBe(false);
    expect([lifecycle.isOpen, lifecycle.isAbandoned, lifecycle.abandoned.aborted]).toEqual([false, false, false]);
  });

  it('has not come before it has begun', () => {
    const lifecycle = new Lifecycle();
    lifecycle.closed();
    expect(lifecycle.isOpen).toBe(true);
  });

  it('may come too late, after which nothing is waited for', async () => {
    const lifecycle = new Lifecycle();
    const waiting = lifecycle.untilAbandoned(never);
    lifecycle.close();
    expect(lifecycle.abandon()).toBe(true);
    await waiting;
    await lifecycle.untilAbandoned(never);
    expect([lifecycle.isAbandoned, lifecycle.abandoned.aborted, lifecycle.abandon()]).toEqual([true, true, false]);
  });

  it('may be taken back, but not by what was abandoned or is closed for good', () => {
    const [closed, abandoned, final] = [new Lifecycle(), new Lifecycle(), new Lifecycle()];
    expect(closed.reopen()).toBe(false);
    closed.close();
    closed.closed();
    expect([closed.reopen(), closed.isOpen]).toEqual([true, true]);
    abandoned.abandon();
    final.forbidReopening();
    final.close();
    expect([abandoned.reopen(), final.reopen()]).toEqual([false, false]);
  });
});
