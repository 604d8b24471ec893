import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { AnyResponse } from './any-response.js';

/**
 * Error codes by which Node, frameworks and body parsers report a closed connection
 * (https://nodejs.org/api/errors.html).
 */
const CONNECTION_ERRORS = new Set([
  'ABORT_ERR',
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_HTTP2_INVALID_STREAM',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
]);

/** Whether the connection of a request, or its stream on HTTP/2, has closed by now. */
export function isGone(request: IncomingMessage): boolean {
  return request.aborted === true || request.socket?.destroyed === true;
}

/**
 * Whether an error reported after the connection has closed only reports that closure. Such an error is not an
 * exception of the application. Any other error is, whenever it comes.
 */
export function saysThatClientLeft(error: unknown, request: IncomingMessage): boolean {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  if (name === 'AbortError' || CONNECTION_ERRORS.has(code as string)) return true;
  // An error of the connection itself, of TLS for example. Errors that the application destroys a socket with seldom
  // have a code.
  return typeof code === 'string' && error === request.socket.errored;
}

/**
 * Returns the error that the application ended the response with. A client that leaves does not set it, with two
 * exceptions: HTTP/2 sets a reset with an `ERR_HTTP2_` code, and Node 24 gives an error to pipelined responses that
 * have not been assigned the connection yet.
 */
export function errorOf(request: IncomingMessage, response: AnyResponse): unknown {
  const { errored } = response.stream ?? response;
  const code = (errored as { readonly code?: unknown } | null | undefined)?.code;
  if (typeof code !== 'string') return errored;
  // Destroying a response with an error also destroys its connection with the same error, unless the connection was
  // gone before. In that case frameworks destroy the stream being sent, and `stream.pipeline` ends the response with an
  // error that only reports the closed connection.
  if (CONNECTION_ERRORS.has(code) && request.socket?.destroyed && request.socket.errored !== errored) return undefined;
  return code.startsWith('ERR_HTTP2_') || (response.socket === null && CONNECTION_ERRORS.has(code))
    ? undefined
    : errored;
}

/**
 * Whether the client did not get the whole response. On HTTP/2 the request tells, because a reset stream counts as
 * finished. Without a connection no client can leave, so a response that was ended is complete.
 */
export function isCutOff(request: IncomingMessage, response: AnyResponse): boolean {
  if (response.stream !== undefined) return request.aborted || response.writableFinished !== true;
  const connection = request.socket;
  if (!(connection instanceof Socket)) return !response.writableFinished && !response.writableEnded;
  return !isWholeOn(connection, response);
}

/**
 * Whether the client got the whole response over this connection. Runs for every request, so it looks at nothing else.
 */
export function isWholeOn(connection: Socket, response: AnyResponse): boolean {
  if (response.writableFinished !== true) return false;
  // Node 20 and 22 set `writableFinished` even if the connection closed while the response was written. When the
  // response has detached from the connection, the error of the last write shows that; a response that arrived leaves
  // no error.
  return response.socket === null ? !connection.errored : !connection.destroyed;
}

/** Whether a whole response was written to a connection that had closed before: nothing was ever sent over it. */
export function isAnsweredInVain(response: AnyResponse): boolean {
  const { socket, writableEnded } = response;
  return writableEnded === true && socket?.destroyed === true && socket.bytesWritten === 0;
}
