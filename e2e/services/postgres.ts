import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { dataFolder, findProgram, freePort, type Service, startServer, userNamed, versionFolders } from './program.js';

const initdb = findProgram('initdb', versionFolders('/usr/lib/postgresql', 'bin'));

/** PostgreSQL, with the database and the user `postgres`; `undefined` where it is not installed. */
export const postgres = initdb === undefined ? undefined : { start: () => start(initdb) };

async function start(initdb: string): Promise<Service> {
  const user = userNamed('postgres');
  const folder = dataFolder(user);
  const data = join(folder, 'data');
  const parameters = ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'];
  execFileSync(initdb, parameters, { cwd: folder, stdio: 'pipe', ...user });
  const port = await freePort();
  return startServer(
    join(dirname(initdb), 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'],
    { ready: 'ready to accept connections', port, folder, user, stopBy: 'SIGINT' },
  );
}
