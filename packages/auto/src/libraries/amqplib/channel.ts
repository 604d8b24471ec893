import { wrapAll } from '../../wrap-method.js';
import { endOpenDeliveries } from './deliveries.js';
import { aroundSendMessage } from './publish.js';

/** Patches the base class of all channels. */
export function patchChannel(exports: unknown): void {
  const { Channel } = exports as { readonly Channel: { readonly prototype: object } };
  wrapAll(Channel.prototype, {
    sendMessage: aroundSendMessage,
    // Called once for each channel, whichever side has closed it, or its connection.
    toClosed: (original) =>
      function toClosed(this: unknown, ...args: unknown[]) {
        endOpenDeliveries(this as object);
        return original.apply(this, args);
      },
  });
}
