import { expect } from 'vitest';

/** (b) What must not happen in the process that runs the tests, when the application is in it. */
export interface WatchedProcess {
  /** Expects that nothing has happened. */
  end(): void;
}

export function watchProcess(): WatchedProcess {
  const seen: unknown[] = [];
  const events = ['uncaughtExceptionMonitor', 'unhandledRejection', 'warning'] as const;
  const listeners = events.map((event) => {
    const listener = (fault: unknown) => void seen.push({ event, fault });
    process.on(event as 'warning', listener);
    return { event, listener };
  });
  return {
    end() {
      for (const { event, listener } of listeners) process.off(event as 'warning', listener);
      expect(seen).toEqual([]);
    },
  };
}
