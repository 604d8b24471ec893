import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Only who exports may read it: attributes may say more than everybody should know. */
const MODE = 0o600;

/**
 * A file that appears under its name once it is complete. Until then it is a temporary one beside it, so that the last
 * step is within one file system.
 */
export class ExportFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #force: boolean;

  private constructor(path: string, temporary: string, handle: FileHandle, force: boolean) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
    this.#force = force;
  }

  /**
   * @param force replaces what has that name: a file, or a symbolic link and not what it leads to.
   * @param source the database that is read, which is never replaced.
   */
  static async create(path: string, force: boolean, source: string): Promise<ExportFile> {
    await requireFree(path, force, source);
    const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomUUID()}.tmp`);
    try {
      // `wx`: never through a symbolic link that somebody put there.
      return new ExportFile(path, temporary, await open(temporary, 'wx', MODE), force);
    } catch (error) {
      throw explain(path, error);
    }
  }

  async write(text: string): Promise<void> {
    try {
      await this.#handle.writeFile(text);
    } catch (error) {
      throw explain(this.#path, error);
    }
  }

  /** Gives the file its name. */
  async complete(): Promise<void> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      if (this.#force) {
        await rename(this.#temporary, this.#path);
      } else {
        await this.#rename();
      }
    } catch (error) {
      throw explain(this.#path, error);
    }
  }

  /** Takes the temporary file away. Does nothing once the file is complete. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }

  /** The same, for a process that is about to end. */
  discardSync(): void {
    rmSync(this.#temporary, { force: true });
  }

  /**
   * `rename` would replace what has got that name meanwhile; a hard link fails then. Not every file system has them.
   */
  async #rename(): Promise<void> {
    try {
      await link(this.#temporary, this.#path);
    } catch (error) {
      if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK'].includes(codeOf(error))) {
        throw error;
      }
      await requireFree(this.#path, false, '');
      await rename(this.#temporary, this.#path);
      return;
    }
    await rm(this.#temporary);
  }
}

async function requireFree(path: string, force: boolean, source: string): Promise<void> {
  // The link itself counts, wherever it leads.
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw explain(path, error);
  });
  if (found === undefined) {
    return;
  }
  if (found.isDirectory()) {
    throw new Error(`${path} is a directory. Give the path of a file.`);
  }
  if (!force) {
    throw alreadyThere(path);
  }
  const existing = await stat(path).catch(() => found);
  for (const part of [source, `${source}-wal`, `${source}-shm`]) {
    const own = await stat(part).catch(() => undefined);
    if (own !== undefined && own.dev === existing.dev && own.ino === existing.ino) {
      throw new Error(`${path} is the file that is being exported. Give another path.`);
    }
  }
}

function explain(path: string, error: unknown): unknown {
  const options = { cause: error };
  switch (codeOf(error)) {
    case '':
      return error;
    case 'EEXIST':
      return alreadyThere(path);
    case 'ENOENT':
    case 'ENOTDIR':
      return new Error(`${path} cannot be written: there is no directory ${dirname(path)}.`, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Error(`${path} cannot be written: no permission.`, options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new Error(`${path} cannot be written: the disk is full.`, options);
    default:
      return new Error(`${path} cannot be written: ${codeOf(error)}.`, options);
  }
}

function alreadyThere(path: string): Error {
  return new Error(`${path} is there already. Give another path, or --force to replace it.`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
