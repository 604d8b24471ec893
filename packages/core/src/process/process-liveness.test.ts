import { hostname } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DEAD_PID } from '../spill/spill.fixture.js';
import { mayLive, startOf } from './process-liveness.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const MINUTE = 60_000_000;
const here = { hostname: hostname(), pid: process.pid, pidStart: startOf(process.pid) };

describe('a process of this host', () => {
  it('lives while its pid does, however long it has been silent', () => {
    expect(mayLive(here, 0, 1_000 * MINUTE)).toBe(true);
    expect(mayLive({ ...here, pidStart: null }, 0, 1_000 * MINUTE)).toBe(true);
    expect(mayLive({ ...here, pid: DEAD_PID }, 0, 0)).toBe(false);
  });

  it("lives if it is another user's", () => {
    vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    });
    expect(mayLive(here, 0, 0)).toBe(true);
  });

  it.runIf(here.pidStart !== null)('is dead if its pid has been given to another', () => {
    expect(mayLive({ ...here, pidStart: `${here.pidStart}0` }, 0, 0)).toBe(false);
  });
});

it('a process of another host or container is taken for dead when it has been silent for a minute', () => {
  for (const far of [
    { ...here, hostname: 'elsewhere' },
    { ...here, pidStart: 'pid:[1] 42' },
  ]) {
    expect(mayLive(far, 0, MINUTE - 1)).toBe(true);
    expect(mayLive(far, 0, MINUTE)).toBe(false);
  }
});

it('the start of a process that is none is not known', () => {
  expect(startOf(DEAD_PID)).toBeNull();
});
