import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { AnyResponse, UpgradableRequest } from './any-response.js';
import { isCutOff, isWholeOn } from './client-left.js';
import { whenSocketCloses } from './socket-close.js';

/** Called when a request is over, with whether the client got the whole response. */
export type OnOver = (isWhole: boolean) => void;

/** `now`: the request is over already. `later`: the listener will be called. `never`: no event will report the end. */
export type WhenOver = 'now' | 'later' | 'never';

/**
 * Calls `over` when a request is over, possibly more than once, because several events may report the same end. The end
 * depends on the response, and only this function decides it:
 *
 * - on a connection: `close` of the response. `finish` does not fire if the client leaves;
 * - without a connection (serverless adapters, `inject()`, mocks): `finish` or `close`, whichever comes first;
 * - on HTTP/2: `close`; `finish` comes with it, also if the stream was reset;
 * - on a connection that the client asked to upgrade: also `close` of the socket, because a response emits nothing once
 *   its socket is detached;
 * - an upgrade (https://nodejs.org/api/http.html#event-upgrade_1): `close` of the socket, or `finish` or `close` of the
 *   response, if there is one;
 * - a response without events: never.
 *
 * @param asksForUpgrade whether the request has a header `upgrade`
 * @throws the errors of the application's own request and response objects; listeners may have been added by then
 */
export function whenOver(
  request: UpgradableRequest,
  response: AnyResponse | undefined,
  over: OnOver,
  asksForUpgrade = false,
): WhenOver {
  if (request.upgrade === true) return whenUpgradeIsOver(request, response, over);
  if (typeof response?.on !== 'function') return 'never';
  if (response.closed === true) return 'now';
  makeRoomForListener(response);
  const { socket } = response;
  if (socket instanceof Socket && !asksForUpgrade && request.httpVersionMajor === 1) {
    response.on('close', () => over(isWholeOn(socket, response)));
    return 'later';
  }
  const closed = () => over(!isCutOff(request, response));
  if (socket instanceof Socket) return whenEitherCloses(socket, response, closed);
  // A pipelined request waits for the responses before it, and has no connection until then. If the client leaves
  // meanwhile, Node emits nothing on the response.
  if (request.socket instanceof Socket) return whenEitherCloses(request.socket, response, closed);
  if (response.writableFinished === true || response.stream?.destroyed === true) return 'now';
  if (response.stream === undefined) response.on('finish', () => over(true));
  response.on('close', closed);
  return 'later';
}

/**
 * Raises the listener limit by one. Node warns of a leak beyond ten listeners. A stream response in Koa together with
 * another tool adds exactly ten, and Ferret's listener must not cause the warning.
 */
export function makeRoomForListener(emitter: Partial<Pick<EventEmitter, 'getMaxListeners' | 'setMaxListeners'>>): void {
  const most = emitter.getMaxListeners?.();
  if (most !== undefined && most > 0) emitter.setMaxListeners?.(most + 1);
}

function whenEitherCloses(socket: Socket, response: AnyResponse, closed: () => void): WhenOver {
  if (socket.destroyed) return 'now';
  const forget = whenSocketCloses(socket, closed);
  response.on?.('close', () => {
    forget();
    closed();
  });
  return 'later';
}

function whenUpgradeIsOver(request: IncomingMessage, response: AnyResponse | undefined, over: OnOver): WhenOver {
  const { socket } = request;
  if (typeof socket?.on !== 'function') return 'never';
  if (socket.destroyed) return 'now';
  const closed = () => over(response !== undefined && !isCutOff(request, response));
  if (typeof response?.on === 'function') {
    makeRoomForListener(response);
    response.on('finish', () => over(true));
    response.on('close', closed);
  }
  whenSocketCloses(socket, closed);
  return 'later';
}
