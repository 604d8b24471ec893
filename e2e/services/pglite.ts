import { message, start as startApp } from '../child.js';
import type { Service } from './program.js';

/** PostgreSQL in WebAssembly behind a socket: it is there wherever npm is. It runs in a process of its own. */
export const pglite = { start };

async function start(): Promise<Service> {
  const child = startApp('databases/pglite.mjs', {});
  const { port } = await message<{ port: number }>(child);
  return {
    port,
    async stop() {
      child.process.kill('SIGKILL');
      await child.ended;
    },
  };
}
