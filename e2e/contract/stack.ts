import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ferret } from '@ferretjs/core';

/** A web framework, and how the application of the contract is written in it. */
export interface Stack {
  /** `Express 5.3`. */
  readonly name: string;
  /** Whether spans say which handler a request went to. */
  readonly namesHandlers: boolean;
  /** The application, with Ferret or without, before it listens. */
  build(ferret: Ferret | undefined): Promise<Application>;
}

export interface Application {
  readonly server: Server;
  close(): Promise<unknown>;
}

/** `ferret.measure`, or without Ferret just the call. */
export function measureWith(ferret: Ferret | undefined): <T>(name: string, work: () => T) => T {
  return (name, work) => (ferret === undefined ? work() : ferret.measure(name, work));
}

/** The parts, one after the other. */
export async function* slowly(...parts: readonly string[]): AsyncGenerator<string> {
  for (const part of parts) {
    yield part;
    await pause(15);
  }
}

/** `Express 5.3` of an installed package. */
export function nameOf(framework: string, { version }: { version: string }): string {
  return `${framework} ${version.split('.').slice(0, 2).join('.')}`;
}
