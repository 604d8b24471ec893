import type { Span } from '@ferretjs/core';
import { runWith } from '@ferretjs/core/adapter';
import { reportFault } from '../../fault.js';
import { failProcess, failProcessAs, startProcess } from '../../messaging/message-span.js';
import { destinationOf, keptOf, type Queue, type TelemetrySpan, type Traced } from './shapes.js';

/** Processes a job in a span of its own; `undefined` if that is not possible, and nothing has been called. */
export function processJob(queue: Queue, work: Traced, metadata: unknown): Promise<unknown> | undefined {
  try {
    const span = new ProcessSpan(startProcess(destinationOf(queue), carrierOf(metadata)));
    return settle(span, () => work(span, undefined));
  } catch (error) {
    reportFault('the instrumentation of bullmq', error);
    return undefined;
  }
}

async function settle(span: ProcessSpan, work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await runWith(span.span, work);
  } catch (error) {
    span.recordException(error);
    throw error;
  } finally {
    span.end();
  }
}

/** The text that came with a job, which may be any other telemetry's. */
function carrierOf(metadata: unknown): object | undefined {
  if (typeof metadata !== 'string') return undefined;
  try {
    const carrier: unknown = JSON.parse(metadata);
    return typeof carrier === 'object' && carrier !== null ? carrier : undefined;
  } catch {
    return undefined;
  }
}

/** The span of one attempt, as BullMQ sees it. */
export class ProcessSpan implements TelemetrySpan {
  readonly span: Span;
  #error: unknown;
  #hasFailed = false;

  constructor(span: Span) {
    this.span = span;
  }

  setAttribute(key: string, value: unknown): void {
    this.setAttributes({ [key]: value });
  }

  setAttributes(attributes: Readonly<Record<string, unknown>>): void {
    this.span.annotate(keptOf(attributes));
  }

  addEvent(name: string): void {
    if (name === 'job failed') this.#hasFailed = true;
  }

  recordException(exception: unknown): void {
    this.note(exception);
    this.#hasFailed = true;
  }

  /** Notes the error of the application. A job that it delays by an error of its own has not failed. */
  note(error: unknown): void {
    this.#error = error;
  }

  end(): void {
    if (!this.#hasFailed) this.span.end();
    else if (this.#error === undefined) failProcessAs(this.span, 'failed');
    else failProcess(this.span, this.#error);
  }
}
