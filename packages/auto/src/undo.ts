import { Server } from 'node:net';
import { processWide } from '@ferretjs/core/adapter';

/**
 * The steps that take back the changes of Node's own objects. They are kept at such an object, not at `globalThis`:
 * Jest gives each test file a `globalThis` of its own in one process, and changes of earlier files must not pile up.
 */
const undoing = processWide('auto.undo', () => ({ steps: [] as (() => void)[] }), Server.prototype);

/** Notes how to take back a subscription, or a change of one of Node's own objects. */
export function undoWith(step: () => void): void {
  undoing.steps.push(step);
}

/** Takes back what another `globalThis` of this process has done. */
export function undoAll(): void {
  for (const step of undoing.steps.splice(0).reverse()) step();
}
