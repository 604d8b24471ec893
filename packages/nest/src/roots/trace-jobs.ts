import { traceMethodOf } from '../methods/trace-class.js';
import type { ModuleLike } from '../methods/trace-providers.js';
import { isJobEntry } from './job-entry.js';

/**
 * Makes a span of each run of a scheduled job or a queue's processor, with a trace of its own: the methods that
 * `@nestjs/schedule`, `@nestjs/bullmq` and `@nestjs/bull` find by their decorators.
 */
export function traceJobs(modules: Iterable<ModuleLike>): void {
  for (const { controllers, providers } of modules) {
    for (const collection of [controllers, providers]) {
      for (const { metatype, instance } of collection.values()) {
        try {
          traceJobsOf(
            typeof metatype === 'function' && metatype.prototype
              ? metatype
              : (instance as object | undefined)?.constructor,
          );
        } catch {
          // A class that throws on access must not prevent the application's start.
        }
      }
    }
  }
}

function traceJobsOf(type: unknown): void {
  if (typeof type !== 'function') return;
  const prototype: unknown = type.prototype;
  let owner: unknown = prototype;
  while (typeof owner === 'object' && owner !== null && owner !== Object.prototype) {
    for (const key of Object.getOwnPropertyNames(owner)) {
      const method: unknown = Object.getOwnPropertyDescriptor(owner, key)?.value;
      if (typeof method === 'function' && isJobEntry(type, method, key)) traceMethodOf(prototype as object, key);
    }
    owner = Object.getPrototypeOf(owner);
  }
}
