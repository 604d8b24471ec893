import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { reportFault } from './fault.js';
import { undoWith } from './undo.js';

/**
 * Handlers of the events of one traced operation (Node's `TracingChannel`). Each receives the operation's own object.
 */
export interface TracingHandlers<Message extends object> {
  start?(message: Message): void;
  end?(message: Message): void;
  asyncStart?(message: Message): void;
  asyncEnd?(message: Message): void;
  error?(message: Message): void;
}

/**
 * Subscriptions whose handlers cannot harm the application: Node throws an error of a subscriber into the process,
 * where it ends it. A handler that throws is reported instead, and called again for the next message.
 */
export interface Channels {
  /** Subscribes to a channel that publishes single messages. */
  on<Message extends object>(name: string, handler: (message: Message) => void): void;
  /** Subscribes to the channels `tracing:<name>:start`, `:end` and so on, of those events that have a handler. */
  trace<Message extends object>(name: string, handlers: TracingHandlers<Message>): void;
}

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

export const channels: Channels = {
  on(name, handler) {
    subscribeSafely(name, handler);
  },
  trace(name, handlers) {
    for (const event of EVENTS) {
      const handler = handlers[event];
      if (handler !== undefined) subscribeSafely(`tracing:${name}:${event}`, (message) => handler(message as never));
    }
  },
};

/** By name, and not by channel object: Node keeps a channel only as long as somebody holds it. */
function subscribeSafely<Message extends object>(name: string, handler: (message: Message) => void): void {
  const subscriber = (message: unknown) => {
    try {
      handler(message as Message);
    } catch (error) {
      reportFault(`the channel ${name}`, error);
    }
  };
  subscribe(name, subscriber);
  undoWith(() => void unsubscribe(name, subscriber));
}
