import type { Socket } from 'node:net';

/** Functions that wait for a socket to close, behind a single listener: Node warns of a leak beyond ten listeners. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `listener` when the socket closes.
 *
 * @returns a function that removes the listener
 */
export function whenSocketCloses(socket: Socket, listener: () => void): () => void {
  let listeners = waiting.get(socket);
  if (listeners === undefined) {
    const created = new Set<() => void>();
    listeners = created;
    waiting.set(socket, created);
    socket.on('close', () => {
      for (const each of created) each();
      created.clear();
    });
  }
  listeners.add(listener);
  const known = listeners;
  return () => void known.delete(listener);
}
