import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../errors.js';

type PackageManager = 'npm' | 'pnpm' | 'yarn 1' | 'yarn' | 'bun';

/** The package manager that installed the application, with its version where that is known. */
export interface Installer {
  readonly name: PackageManager;
  readonly major?: number;
}

/** Files that tell which package manager is used. Yarn from 2 on has both of its own. */
const MARKS: readonly (readonly [file: string, name: PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['.yarnrc.yml', 'yarn'],
  ['yarn.lock', 'yarn 1'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
];

/** By what runs the process, such as `npm/11.19.1 node/v20.20.2`, or else by the nearest lock file. */
export async function findInstaller(userAgent: string | undefined, from: string): Promise<Installer> {
  const [, name, major] = /^(npm|pnpm|yarn|bun)\/(\d+)/.exec(userAgent ?? '') ?? [];
  if (name !== undefined) {
    const isYarn1 = name === 'yarn' && major === '1';
    return { name: isYarn1 ? 'yarn 1' : (name as PackageManager), major: Number(major) };
  }
  for (let folder = from; ; folder = dirname(folder)) {
    for (const [file, manager] of MARKS) {
      const isThere = await access(join(folder, file)).then(
        () => true,
        () => false,
      );
      if (isThere) return { name: manager };
    }
    if (dirname(folder) === folder) return { name: 'npm' };
  }
}

/** Why the package `sqlite3` cannot be used, and what to run: one line. Names the first line of `cause`. */
export async function explainMissingDriver(
  cause: unknown,
  installer: () => Promise<Installer> = () => findInstaller(process.env['npm_config_user_agent'], process.cwd()),
): Promise<string> {
  const [firstLine = ''] = messageOf(cause).split('\n', 1);
  return `Ferret has no SQLite to read or write its file with. ${await adviceFor(cause, installer)}, ${OR_NEWER} (${firstLine})`;
}

/** Such a Node is running, and has been told not to offer its own. */
const OR_NEWER =
  Number(process.versions.node.split('.')[0]) > 22
    ? 'or start Node without --no-experimental-sqlite, which needs none of this.'
    : 'or run Node 22.13 or newer, which needs none of this.';

export const NO_WORKER =
  'Ferret cannot start the thread in which it writes its file: Node runs with --permission. Add --allow-worker.';

async function adviceFor(cause: unknown, installer: () => Promise<Installer>): Promise<string> {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'ERR_DLOPEN_DISABLED':
      return isRestricted()
        ? 'Node runs with --permission, which forbids the native part of "sqlite3": add --allow-addons'
        : 'Node runs with --no-addons, which forbids the native part of "sqlite3": start it without';
    case 'ERR_ACCESS_DENIED':
      return 'Node runs with --permission, which forbids to load "sqlite3": add --allow-addons and --allow-fs-read=<the folder node_modules>';
    case 'ERR_DLOPEN_FAILED':
      return (
        'The native part of the package "sqlite3" is not made for this system (another libc, processor or Node). ' +
        `Run: ${buildFromSource(await installer())}`
      );
    case 'MODULE_NOT_FOUND':
    case 'ERR_MODULE_NOT_FOUND':
      return (
        'The package "sqlite3" is not installed: it is optional, and left out where it could not be compiled, with --omit=optional, ' +
        `or by a bundler (keep it external, and install it beside the bundle). Run: ${add(await installer())}`
      );
    default:
      return `The native part of the package "sqlite3" is missing: its install script has not run. Run: ${runScript(await installer())}`;
  }
}

/** Under the permission model, that is. */
function isRestricted(): boolean {
  return (process as { permission?: unknown }).permission !== undefined;
}

function runScript({ name, major }: Installer): string {
  switch (name) {
    case 'pnpm':
      return 'pnpm approve-builds (choose sqlite3)';
    case 'yarn':
      return 'yarn rebuild sqlite3, with "dependenciesMeta": { "sqlite3": { "built": true } } in package.json';
    case 'yarn 1':
      return 'yarn install --force';
    case 'bun':
      return 'bun pm trust sqlite3';
    case 'npm':
      if (major === undefined)
        return 'npm rebuild sqlite3 (npm 11 and newer: npm install-scripts approve sqlite3, before)';
      return `${major >= 11 ? 'npm install-scripts approve sqlite3 && ' : ''}npm rebuild sqlite3`;
  }
}

/** A mere rebuild would fetch the same file again. */
function buildFromSource({ name }: Installer): string {
  if (name === 'npm') return 'npm rebuild sqlite3 --build-from-source';
  if (name === 'bun') return 'npm_config_build_from_source=true bun install --force';
  return `npm_config_build_from_source=true ${name === 'yarn 1' ? 'yarn install --force' : `${name} rebuild sqlite3`}`;
}

function add({ name }: Installer): string {
  return name === 'npm' ? 'npm install sqlite3' : `${name === 'yarn 1' ? 'yarn' : name} add sqlite3`;
}
