import { constants } from 'node:os';
import { theProcess } from '../process-wide.js';
import type { EndSignal } from '../sink/end-reason.js';

const OURS = Symbol.for('ferretjs.signalListener');

/**
 * Marks a listener as one of Ferret's. Without the mark, two versions in one process would each take the other's
 * listener for the application's, and leave the end of the process to it.
 */
export function asOurs<Listener extends object>(listener: Listener): Listener {
  return Object.defineProperty(listener, OURS, { value: true });
}

/** Whether the application listens to a signal, under any of its names: SIGIO is SIGPOLL. */
export function isHeardByOthers(signal: EndSignal): boolean {
  return namesOf(signal).some((name) =>
    theProcess.listeners(name as NodeJS.Signals).some((listener) => !(OURS in listener)),
  );
}

function namesOf(signal: EndSignal): string[] {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  const number = numbers[signal];
  return Object.keys(numbers).filter((name) => numbers[name] === number);
}
