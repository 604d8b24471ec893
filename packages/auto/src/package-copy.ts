import { readFileSync } from 'node:fs';
import type { PackageCopy } from './library.js';

const MODULES = /[\\/]node_modules[\\/]/g;

/** A file inside a package that lies in a folder `node_modules`. */
export interface PackageFile {
  /** The name of the package's folder, which is that of the package unless it is installed under an alias. */
  readonly folder: string;
  /** The folder's path. */
  readonly directory: string;
  /** The file's path inside the package, with `/`. */
  readonly path: string;
}

/** The package that a file belongs to by its path; `undefined` for files of the application itself. */
export function packageFileOf(filename: string): PackageFile | undefined {
  let end = -1;
  for (const { index, 0: match } of filename.matchAll(MODULES)) end = index + match.length;
  if (end === -1) return undefined;
  const [first = '', second = '', ...rest] = filename.slice(end).split(/[\\/]/);
  const isScoped = first.startsWith('@');
  const folder = isScoped ? `${first}/${second}` : first;
  const path = (isScoped ? rest : [second, ...rest]).join('/');
  return { folder, directory: filename.slice(0, end + folder.length), path };
}

/** Packages by their folders. There are only as many as an application has of the libraries that Ferret knows. */
const copies = new Map<string, PackageCopy | undefined>();

/** The package in a folder, by its `package.json`; `undefined` if that cannot be read. */
export function packageCopyIn(directory: string): PackageCopy | undefined {
  if (copies.has(directory)) return copies.get(directory);
  const { name, version } = manifestIn(directory) ?? {};
  const copy = typeof name === 'string' && typeof version === 'string' ? { name, version, directory } : undefined;
  copies.set(directory, copy);
  return copy;
}

/** The members of a `package.json` that matter here, as they come. */
export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly type?: unknown;
  readonly main?: unknown;
  readonly exports?: unknown;
  readonly dependencies?: unknown;
}

export function manifestIn(directory: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}
