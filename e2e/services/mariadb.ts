import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { dataFolder, findProgram, freePort, type Service, startServer } from './program.js';

const mariadbd = findProgram('mariadbd');
const install = findProgram('mariadb-install-db');

/** MariaDB, with the database `test`, for any user; `undefined` where it is not installed. */
export const mariadb =
  mariadbd === undefined || install === undefined ? undefined : { start: () => start(mariadbd, install) };

async function start(mariadbd: string, install: string): Promise<Service> {
  const folder = dataFolder();
  const data = join(folder, 'data');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  execFileSync(install, ['--no-defaults', `--datadir=${data}`, ...asRoot], { cwd: folder, stdio: 'pipe' });
  const port = await freePort();
  return startServer(
    mariadbd,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-grant-tables',
      '--skip-networking=0',
      '--innodb-flush-log-at-trx-commit=0',
      ...asRoot,
    ],
    { ready: 'ready for connections', port, folder },
  );
}
