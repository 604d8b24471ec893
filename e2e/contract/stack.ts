import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Http2Server } from 'node:http2';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ferret } from '@ferretjs/core';
import { temporaryFile } from '../temporary.js';

/** A web framework, and how the application of the contract is written in it. */
export interface Stack {
  /** `Express 5.3`. */
  readonly name: string;
  /** Whether spans say which handler a request went to. */
  readonly namesHandlers: boolean;
  /**
   * The routes that the framework gives to a function mounted at `/files`, and to a path below it; absent where it
   * knows none.
   */
  readonly mount?: { readonly own: string; readonly below: string };
  /** The route of a WebSocket that passes through the application, and the path that the library asks it for. */
  readonly socket?: { readonly route: string; readonly path: string };
  /** Attributes of a request that came by `Application.invoke`, where they differ: gateways speak HTTPS. */
  readonly invokedBy?: Record<string, unknown>;
  /** The application, with Ferret or without, before it listens. */
  build(ferret: Ferret | undefined): Promise<Application>;
  /** Where the framework can be served over HTTP/2. */
  buildHttp2?(ferret: Ferret | undefined): Promise<Application>;
  /** Where WebSockets pass through the application, by a library of others. */
  buildSockets?(ferret: Ferret | undefined): Promise<Application>;
}

export interface Application {
  readonly server: Server | Http2Server;
  /** Calls the application as a serverless platform does, without a connection: the status and the body. */
  invoke?(path: string): Promise<string>;
  close(): Promise<unknown>;
}

/** Headers that the host of a function passes on, as in the requests of `exchange.ts`. */
export const HEADERS = { host: 'contract.test', 'user-agent': 'contract' };

/** More than a connection holds. */
export const LARGE_TEXT = 'x'.repeat(30_000_000);

let large: string | undefined;

/** The same as a file. */
export function largeFile(): string {
  if (large === undefined) {
    large = temporaryFile('large');
    writeFileSync(large, LARGE_TEXT);
  }
  return large;
}

/** Cannot be compressed. */
const NOISE = randomBytes(65_536);

/** Comes to no end. */
export async function* endless(): AsyncGenerator<Buffer> {
  for (;;) {
    yield NOISE;
    await pause(0);
  }
}

export function endlessStream(): Readable {
  return Readable.from(endless(), { objectMode: false });
}

export function endlessWebStream(): ReadableStream<Uint8Array> {
  return Readable.toWeb(endlessStream()) as ReadableStream<Uint8Array>;
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
