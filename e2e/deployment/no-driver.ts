import { isBuiltin } from 'node:module';
import { expect } from 'vitest';
import type { Ended } from '../run-process.js';

/** Node's own SQLite is switched off, where there is one. */
export const WITHOUT_NODE_SQLITE = isBuiltin('node:sqlite') ? ['--no-experimental-sqlite'] : [];

/** The application ran as ever, counted what was lost, and said once why. */
export function expectDegraded({ code, out, err }: Ended, why: string): void {
  expect(code, err).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    body: '1',
    ledger: { started: 1, stored: 0, pending: 0, dropped: { writeFailed: 1 } },
  });
  const warnings = err.match(/FerretWarning: .*/g);
  expect(warnings).toHaveLength(1);
  expect(warnings?.[0]).toMatch(/^FerretWarning: Nothing is stored\. Ferret has no SQLite/);
  expect(warnings?.[0]).toContain(why);
}
