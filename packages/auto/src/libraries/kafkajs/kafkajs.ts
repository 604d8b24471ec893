import type { Library } from '../../library.js';
import { wrapAll } from '../../wrap-method.js';
import { watchHandlers } from './consume.js';
import { watchProducer } from './produce.js';

/** The client of Kafka: what producers send, also in transactions, and what consumers are given. */
export const kafkajs: Library = {
  name: 'kafkajs',
  ways: [
    { how: 'hook', package: 'kafkajs', versions: '>=2 <3', file: 'index.js', patch: patchClient },
    { how: 'hook', package: 'kafkajs', versions: '>=2 <3', file: 'src/consumer/runner.js', patch: patchRunner },
  ],
};

function patchClient(exports: unknown): void {
  const { Kafka } = exports as { readonly Kafka: { readonly prototype: object } };
  wrapAll(Kafka.prototype, {
    producer: (original) =>
      function producer(this: unknown, ...args: unknown[]) {
        return watchProducer(original.apply(this, args));
      },
  });
}

/** A runner calls the application for a consumer, from when it is started. */
function patchRunner(Runner: unknown): void {
  wrapAll((Runner as { readonly prototype: object }).prototype, {
    start: (original) =>
      function start(this: unknown, ...args: unknown[]) {
        watchHandlers(this as object);
        return original.apply(this, args);
      },
  });
}
