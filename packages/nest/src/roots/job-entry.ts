import type { Attributes, Span } from '@ferretjs/core';
import { type Carrier, continueTrace } from '@ferretjs/core/adapter';
import { rootFerret } from './root-ferret.js';

/** A method that something other than a request calls: a timer or a queue. */
export interface JobEntry {
  /** Starts the root for one call; `undefined` if no application that runs has Ferret. */
  start(self: unknown, args: readonly unknown[]): Span | undefined;
}

/** Metadata of `@nestjs/schedule`, `@nestjs/bullmq` and `@nestjs/bull`. This package depends on none of them. */
const SCHEDULER_TYPE = 'SCHEDULER_TYPE';
const SCHEDULER_NAME = 'SCHEDULER_NAME';
const CRON_OPTIONS = 'SCHEDULE_CRON_OPTIONS';
const BULLMQ_PROCESSOR = 'bullmq:processor_metadata';
const BULL_QUEUE = 'bull:module_queue';
const BULL_PROCESS = 'bull:module_queue_process';

const SCHEDULERS: Readonly<Record<number, string>> = { 1: 'cron', 2: 'timeout', 3: 'interval' };

/** The keys of methods that may be entries because of their class. */
const PROCESS = 'process';

/**
 * The entry that a method is by its decorators, or may be by those of its class; `undefined` for other methods.
 *
 * @param key the name of the method
 */
export function jobEntryOf(method: object, key: string): JobEntry | undefined {
  const type: unknown = Reflect.getMetadata?.(SCHEDULER_TYPE, method);
  if (typeof type === 'number') return scheduled(SCHEDULERS[type] ?? 'job', nameOfSchedule(method), key);
  if (Reflect.hasMetadata?.(BULL_PROCESS, method)) return queued('bull', BULL_QUEUE, () => undefined);
  return key === PROCESS ? queued('bullmq', BULLMQ_PROCESSOR, carrierOf) : undefined;
}

/** Whether a class has jobs: a processor, or methods with a schedule. */
export function isJobEntry(type: object, method: object, key: string): boolean {
  return (
    Reflect.hasMetadata?.(SCHEDULER_TYPE, method) ||
    Reflect.hasMetadata?.(BULL_PROCESS, method) ||
    (key === PROCESS && Reflect.hasMetadata?.(BULLMQ_PROCESSOR, type))
  );
}

function nameOfSchedule(method: object): string | undefined {
  const options = Reflect.getMetadata(CRON_OPTIONS, method) as { readonly name?: unknown } | undefined;
  const name: unknown = Reflect.getMetadata(SCHEDULER_NAME, method) ?? options?.name;
  return typeof name === 'string' ? name : undefined;
}

function scheduled(type: string, name: string | undefined, key: string): JobEntry {
  return {
    start(self) {
      const method = `${classNameOf(self)}.${key}`;
      const attributes: Attributes = { 'nestjs.type': type, 'code.function.name': method };
      return rootFerret()?.start(`${type} ${name ?? method}`, { parent: null, attributes });
    },
  };
}

function queued(system: string, key: string, carrier: (job: unknown) => Carrier | undefined): JobEntry {
  return {
    start(self, [job]) {
      const queue = queueOf(self, key);
      if (queue === undefined) return undefined;
      const attributes: Attributes = {
        'messaging.system': system,
        'messaging.destination.name': queue,
        'messaging.operation.name': 'process',
      };
      return rootFerret()?.start(`process ${queue}`, { kind: 'consumer', attributes, ...continueTrace(carrier(job)) });
    },
  };
}

/** The name of the queue that a processor has in its class's metadata. */
function queueOf(self: unknown, key: string): string | undefined {
  const metadata: unknown = Reflect.getMetadata(key, (self as object).constructor);
  const name = typeof metadata === 'object' && metadata !== null ? (metadata as { name?: unknown }).name : metadata;
  return typeof name === 'string' ? name : undefined;
}

/** The headers that BullMQ's telemetry has put into a job, as JSON. */
function carrierOf(job: unknown): Carrier | undefined {
  try {
    const { metadata } = (job as { readonly opts: { readonly telemetry: { readonly metadata: unknown } } }).opts
      .telemetry;
    const headers: unknown = typeof metadata === 'string' && metadata.length < 4_096 ? JSON.parse(metadata) : undefined;
    return typeof headers === 'object' && headers !== null ? headers : undefined;
  } catch {
    return undefined;
  }
}

function classNameOf(self: unknown): string {
  return (self as object | undefined)?.constructor?.name ?? '';
}
