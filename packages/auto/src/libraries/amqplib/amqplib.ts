import type { Library } from '../../library.js';
import { patchChannel } from './channel.js';
import { patchConsumer } from './consume.js';
import { patchConfirms } from './publish.js';

/** The client of RabbitMQ: messages sent and delivered, with promises and with callbacks. */
export const amqplib: Library = {
  name: 'amqplib',
  ways: [
    hook('lib/channel.js', patchChannel),
    hook('lib/channel_model.js', patchModel),
    hook('lib/callback_model.js', patchModel),
  ],
};

function hook(file: string, patch: (exports: unknown) => void): Library['ways'][number] {
  return { how: 'hook', package: 'amqplib', versions: '>=0.10 <3', file, patch };
}

/** Each of the two interfaces, by promises and by callbacks, has classes of its own. */
function patchModel(exports: unknown): void {
  const { Channel, ConfirmChannel } = exports as Readonly<Record<string, { readonly prototype: object }>>;
  if (Channel === undefined || ConfirmChannel === undefined) throw new TypeError('There are no channels.');
  patchConsumer(Channel.prototype);
  patchConfirms(ConfirmChannel.prototype);
}
