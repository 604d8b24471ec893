import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A database that a test has started. */
export interface Service {
  readonly port: number;
  stop(): Promise<void>;
}

/** Somebody other than root, for programs that refuse to run as root. */
interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The path of a program, in `PATH` or in these folders; `undefined` if it is not installed. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const all = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', ...folders];
  return all.map((folder) => join(folder, name)).find(isExecutable);
}

/** Folders with programs of each version: `/usr/lib/postgresql/15/bin`. The newest comes first. */
export function versionFolders(parent: string, below: string): readonly string[] {
  try {
    const versions = readdirSync(parent).sort((first, second) => Number(second) - Number(first));
    return versions.map((version) => join(parent, version, below));
  } catch {
    return [];
  }
}

/** A user of the system by name, if this process is root and may become somebody else. */
export function userNamed(name: string): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A folder for the files of one database. */
export function dataFolder(user?: User): string {
  const folder = mkdtempSync(join(tmpdir(), 'ferret-service-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface ServerOptions {
  /** The server prints it once it can be used. */
  readonly ready: string;
  readonly port: number;
  /** Its files, which go with it. */
  readonly folder: string;
  readonly user?: User | undefined;
  readonly stopBy?: NodeJS.Signals;
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a server, and returns once it prints that it is ready. */
export async function startServer(
  program: string,
  parameters: readonly string[],
  { ready, port, folder, user, stopBy = 'SIGTERM', environment }: ServerOptions,
): Promise<Service> {
  const env = { ...process.env, ...environment };
  const server = spawn(program, parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env, ...user });
  // A test that is interrupted leaves no server behind.
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  await whenPrinted(server, ready);
  return {
    port,
    async stop() {
      process.off('exit', kill);
      const closed = new Promise((resolve) => server.once('close', resolve));
      server.kill(stopBy);
      const late = setTimeout(kill, 10_000);
      await closed;
      clearTimeout(late);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function whenPrinted(server: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const hear = (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-10_000);
      if (printed.includes(text)) resolve();
    };
    server.stdout?.on('data', hear);
    server.stderr?.on('data', hear);
    server.once('error', reject);
    server.once('close', (code) => reject(new Error(`The server ended with ${code}: ${printed}`)));
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
