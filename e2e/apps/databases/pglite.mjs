// PostgreSQL in WebAssembly, for several connections over loopback.

import { createServer } from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const probe = createServer().listen(0, '127.0.0.1', async () => {
  const { port } = probe.address();
  probe.close();
  const server = new PGLiteSocketServer({ db: await PGlite.create(), port, host: '127.0.0.1', maxConnections: 20 });
  await server.start();
  process.send({ port });
});
