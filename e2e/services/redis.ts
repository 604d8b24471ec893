import { dataFolder, findProgram, freePort, type Service, startServer } from './program.js';

const server = findProgram('redis-server');

/** Redis, alone or as the one node of a cluster; `undefined` where it is not installed. */
export const redis =
  server === undefined
    ? undefined
    : {
        start: () => start(server, []),
        startCluster: () => start(server, ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']),
      };

async function start(server: string, options: readonly string[]): Promise<Service> {
  const folder = dataFolder();
  const port = await freePort();
  return startServer(
    server,
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', ...options],
    { ready: 'Ready to accept connections', port, folder },
  );
}
