import type { Span } from '@ferretjs/core';
import { type Carrier, runWith } from '@ferretjs/core/adapter';
import { reportFault } from '../../fault.js';
import { failProcess, startBatch, startProcess } from '../../messaging/message-span.js';
import type { Method } from '../../wrap-method.js';

/** The functions that a consumer may have been told to call: one of the two. */
interface Runner {
  eachMessage?: unknown;
  eachBatch?: unknown;
}

interface Message {
  readonly headers?: unknown;
}

const watched = new WeakSet<Runner>();

export function watchHandlers(runner: Runner): void {
  if (watched.has(runner)) return;
  watched.add(runner);
  if (typeof runner.eachMessage === 'function') runner.eachMessage = around(runner.eachMessage as Method, ofMessage);
  if (typeof runner.eachBatch === 'function') runner.eachBatch = around(runner.eachBatch as Method, ofBatch);
}

/** kafkajs awaits the result, and nothing else. */
function around(handle: Method, start: (payload: never) => Span): Method {
  return async function handler(this: unknown, ...args: unknown[]) {
    const span = begin(start, args[0]);
    if (span === undefined) return handle.apply(this, args);
    try {
      return await runWith(span, () => handle.apply(this, args));
    } catch (error) {
      failProcess(span, error);
      throw error;
    } finally {
      span.end();
    }
  };
}

function begin(start: (payload: never) => Span, payload: unknown): Span | undefined {
  try {
    return start(payload as never);
  } catch (error) {
    reportFault('the instrumentation of kafkajs', error);
    return undefined;
  }
}

function ofMessage({ topic, message }: { readonly topic: string; readonly message: Message }): Span {
  return startProcess({ system: 'kafka', name: topic }, carrierOf(message));
}

function ofBatch({
  batch,
}: {
  readonly batch: { readonly topic: string; readonly messages: readonly Message[] };
}): Span {
  const { topic, messages } = batch;
  return startBatch({ system: 'kafka', name: topic }, messages.length, carriersOf(messages));
}

function* carriersOf(messages: readonly Message[]): Generator<Carrier | undefined> {
  for (const message of messages) yield carrierOf(message);
}

function carrierOf({ headers }: Message): Carrier | undefined {
  return typeof headers === 'object' && headers !== null ? headers : undefined;
}
