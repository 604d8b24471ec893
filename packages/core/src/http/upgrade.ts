import type { Socket } from 'node:net';
import type { UpgradableRequest } from './any-response.js';

/**
 * A request that asks for another protocol on its connection (RFC 9110, section 7.8), and its result. Libraries such as
 * `ws` write the response to the socket themselves. The result is therefore derived from the socket: a library that
 * answers 101 goes on to read from it.
 */
export class Upgrade {
  /** The ending of the span's name, which keeps hours of a WebSocket apart from a route's latencies. */
  readonly suffix: '(websocket)' | '(upgrade)';
  readonly #socket: Socket;
  readonly #bytesRead: number;
  readonly #bytesWritten: number;
  readonly #readers: number;
  /**
   * Whether the connection was taken over before: `express-ws` and `koa-websocket` call the application after the
   * handshake.
   */
  readonly #wasTakenOver: boolean;

  constructor({ headers, socket, upgrade }: UpgradableRequest) {
    this.suffix = /^websocket$/i.test(headers.upgrade ?? '') ? '(websocket)' : '(upgrade)';
    this.#socket = socket;
    this.#bytesRead = socket.bytesRead;
    this.#bytesWritten = socket.bytesWritten;
    this.#readers = readersOf(socket);
    // Node has removed its own reader from the socket by then. If a server has no listener for `upgrade`, Node's reader
    // stays.
    this.#wasTakenOver = upgrade === true && this.#readers > 0;
  }

  /** Whether the socket can be observed. Serverless adapters and mocks pass the header on, but have no connection. */
  static canTell({ socket }: UpgradableRequest): boolean {
    return typeof socket?.listenerCount === 'function';
  }

  /** Whether the connection has changed to another protocol, which status 101 announces. */
  get isTakenOver(): boolean {
    if (this.#wasTakenOver) return true;
    const isRead = this.#socket.bytesRead > this.#bytesRead || readersOf(this.#socket) > this.#readers;
    return this.isAnswered && isRead;
  }

  /** Whether anything was written to the socket. The status of a refusal that a library wrote is not known. */
  get isAnswered(): boolean {
    return this.#socket.bytesWritten > this.#bytesWritten;
  }
}

function readersOf(socket: Socket): number {
  return socket.listenerCount('data') + socket.listenerCount('readable');
}
