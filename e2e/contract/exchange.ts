import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

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
export async function exchange(server: Server, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
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
export async function leave(server: Server, text: string, until?: string): Promise<string> {
  const arrived = once(server, 'request');
  const { socket, received } = open(server);
  socket.write(text);
  await arrived;
  while (until !== undefined && !received().includes(until)) await once(socket, 'data');
  socket.destroy();
  return received();
}

function open(server: Server): { socket: Socket; received: () => string } {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  // A byte a character, so that none is lost or changed.
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  return { socket, received: () => text.replaceAll(/^(date): .*$/gim, '$1: *') };
}
