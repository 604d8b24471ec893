import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect as connectHttp2, type Http2Server } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { HEADERS } from './stack.js';

/** A request as it goes over the wire; the last on its connection unless told otherwise. */
export function request(
  method: string,
  target: string,
  { headers = {}, body = '', last = true }: { headers?: Record<string, string>; body?: string; last?: boolean } = {},
): string {
  const lines = Object.entries({
    Host: 'contract.test',
    'User-Agent': 'contract',
    ...(body === '' ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(body.length) }),
    ...(last ? { Connection: 'close' } : {}),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** Sends the pieces one by one over a connection, and returns all that comes back until it is closed. */
export async function exchange(
  server: Server | Http2Server,
  ...pieces: readonly (string | Uint8Array)[]
): Promise<string> {
  const { socket, received } = open(server);
  const closed = once(socket, 'close');
  for (const piece of pieces) {
    socket.write(piece);
    if (pieces.length > 1) await pause(5);
  }
  await closed;
  return received();
}

/** Sends a request, and goes away: once the server has it, or once this text has come back. */
export async function leave(server: Server | Http2Server, text: string, until?: string): Promise<string> {
  const arrived = once(server, 'request');
  const { socket, received } = open(server);
  socket.write(text);
  await arrived;
  while (until !== undefined && !received().includes(until)) await once(socket, 'data');
  socket.destroy();
  return received();
}

/** Sends a request, and goes away while the body comes. The outcome depends on the moment; the status line does not. */
export async function leaveInBody(server: Server | Http2Server, target: string): Promise<string> {
  const { socket } = open(server);
  socket.write(request('GET', target, { last: false }));
  const [data] = (await once(socket, 'data')) as [string];
  socket.pause();
  await pause(20);
  socket.destroy();
  return data.slice(0, data.indexOf('\r\n'));
}

/** Sends a request over HTTP/2; `until` says when to cancel it. */
export async function exchangeHttp2(server: Server | Http2Server, path: string, until?: 'arrival'): Promise<string> {
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const arrived = once(server, 'request');
  const stream = session.request({ ':path': path, ':authority': 'contract.test', 'user-agent': 'contract' });
  let text = '';
  stream.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  stream.on('response', ({ ':status': status }) => {
    text += `${status} `;
  });
  stream.on('error', () => {});
  const closed = once(stream, 'close');
  if (until === 'arrival') {
    await arrived;
    stream.close(8);
  }
  await closed;
  session.destroy();
  return text;
}

/** Opens a WebSocket, has a word sent back, and closes it. */
export async function exchangeOverSocket(server: Server | Http2Server, path: string): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers: HEADERS });
  await once(socket, 'open');
  socket.send('hello');
  const [word] = await once(socket, 'message');
  socket.close();
  await once(socket, 'close');
  return String(word);
}

function open(server: Server | Http2Server): { socket: Socket; received: () => string } {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  // A byte a character, so that none is lost or changed.
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  return { socket, received: () => text.replaceAll(/^(date): .*$/gim, '$1: *') };
}
