import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder, findProgram, freePort, type Service, startServer } from './program.js';

// The program in PATH is Debian's wrapper, which has one folder for all.
const server = findProgram('bin/rabbitmq-server', ['/usr/lib/rabbitmq']);
const portMapper = findProgram('epmd');

/** RabbitMQ, for the user `guest`; `undefined` where it is not installed. */
export const rabbitmq =
  server === undefined || portMapper === undefined ? undefined : { start: () => start(server, portMapper) };

async function start(server: string, portMapper: string): Promise<Service> {
  const folder = dataFolder();
  const [port, internalPort, mapperPort] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(
    join(folder, 'rabbitmq.conf'),
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      'log.console = true',
      'log.file = false',
      'disk_free_limit.absolute = 1MB',
      'vm_memory_high_watermark.absolute = 300MB',
    ].join('\n'),
  );
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n');
  mkdirSync(join(folder, 'mnesia'));
  // Erlang would start it as a daemon, which stays.
  const mapper = spawn(portMapper, ['-port', String(mapperPort), '-address', '127.0.0.1'], { stdio: 'ignore' });
  const kill = () => mapper.kill('SIGKILL');
  process.once('exit', kill);
  const service = await startServer(server, ['-noinput'], {
    ready: 'Server startup complete',
    port,
    folder,
    stopBy: 'SIGKILL',
    environment: {
      HOME: folder,
      ERL_EPMD_PORT: String(mapperPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `ferret-${port}@localhost`,
      RABBITMQ_DIST_PORT: String(internalPort),
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'no-such-file'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
      RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_LOGS: '-',
      // The script becomes the server, instead of the parent that waits for it.
      RABBITMQ_ALLOW_INPUT: '1',
    },
  });
  return {
    port,
    async stop() {
      await service.stop();
      process.off('exit', kill);
      kill();
    },
  };
}
