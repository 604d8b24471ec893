import { copyFile, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FerretError } from '../../errors.js';
import { type Beside, formatBeside, identityOf, lookBeside, whyNotToOpen } from '../file/beside.js';
import type { Database } from '../file/driver.js';

/** The name under which the file is attached. Its tables need none. */
export const ATTACHED = 'ferret';

/**
 * Way to read a file, so that nothing beside it changes:
 *
 * - `immutable`: without a `-wal`, the file is not being written at this moment. SQLite looks at nothing but the file
 *   and takes no lock.
 * - `shared`: with a `-wal` and a `-shm`, somebody writes, or has crashed. `readonly_shm` has SQLite read the `-shm`,
 *   or leave it alone and index the `-wal` in memory.
 * - `copied`: with a `-wal` alone, SQLite would have to create the `-shm`. Such a file is open nowhere, so a private
 *   copy of both is the same.
 * - `locked`: a file of `journal: 'truncate'` is read under SQLite's own locks, which leave no trace.
 */
type Way = 'immutable' | 'shared' | 'copied' | 'locked';

/** A way to read, and what shows that it is still right. */
interface Plan {
  readonly way: Way;
  /** Which file it is. */
  readonly identity: string;
  readonly fingerprint: string;
}

/** A Ferret file as it is attached to a connection. It is attached anew when what lies beside it says so. */
export class Attachment {
  readonly #database: Database;
  readonly #file: string;
  #plan: Plan | undefined;
  #identity: string | undefined;

  /** @param database a connection to no file, opened to read: what is attached to it is read-only too. */
  constructor(database: Database, file: string) {
    this.#database = database;
    this.#file = file;
  }

  /** Whether what was read since {@link renew} is of one moment: not where somebody has begun to write meanwhile. */
  async isStillRight(): Promise<boolean> {
    return this.#plan?.way !== 'immutable' || !(await this.#mustChange());
  }

  /** Another file in its place is none of ours: this one stays readable as it is, as an open file does. */
  async #mustChange(): Promise<boolean> {
    const plan = this.#plan!;
    const path = await realpath(this.#file).catch(() => undefined);
    if (path === undefined || (await identityOf(path)) !== plan.identity) return false;
    return (await this.#makePlan(path)).fingerprint !== plan.fingerprint;
  }

  /**
   * Makes sure that the file is attached the way it must be now. Temporary tables of the connection stay.
   *
   * @returns whether it was attached anew, and is to be checked.
   * @throws FerretError `FILE_UNREADABLE`, naming what lies beside the file and must not be touched; `FILE_NOT_FOUND`
   *   where another file has taken its place while it was not attached.
   */
  async renew(): Promise<boolean> {
    if (this.#plan !== undefined && !(await this.#mustChange())) return false;
    const path = await realpath(this.#file);
    const plan = await this.#makePlan(path);
    this.#identity ??= plan.identity;
    if (plan.identity !== this.#identity) {
      throw new FerretError('FILE_NOT_FOUND', `${this.#file} has been replaced since it was opened. Open it again.`);
    }
    await this.release();
    if (plan.way === 'copied') await this.#attachCopy(path, plan);
    else await this.#attach(path, OPTIONS[plan.way]);
    this.#plan = plan;
    return true;
  }

  /**
   * Detaches the file until it is needed again. While it is attached, a writer that ends cannot remove its `-wal`:
   * SQLite takes this process for another user of it.
   */
  async release(): Promise<void> {
    if (this.#plan === undefined) return;
    this.#plan = undefined;
    await this.#database.exec(`DETACH ${ATTACHED}`);
  }

  async #makePlan(path: string): Promise<Plan> {
    const [{ dev, ino, size, mtimeNs, ctimeNs }, beside] = await Promise.all([
      stat(path, { bigint: true }),
      lookBeside(path),
    ]);
    const reason = await whyNotToOpen(path, beside, 'read');
    if (reason !== undefined) {
      throw new FerretError('FILE_UNREADABLE', `${this.#file} is not opened: ${reason}, then try again.`);
    }
    const way = wayFor(path, beside);
    const content = way === 'immutable' || way === 'copied' ? [size, mtimeNs, ctimeNs, beside.wal?.size] : [];
    const identity = `${dev}:${ino}`;
    return { way, identity, fingerprint: [way, identity, beside.wal?.ino, ...content].join(' ') };
  }

  async #attach(path: string, options: string): Promise<void> {
    await this.#database.run(`ATTACH ? AS ${ATTACHED}`, [`${pathToFileURL(path).href}?${options}`]);
  }

  /** SQLite keeps the copies open: their names are not needed once it has read from them. */
  async #attachCopy(path: string, plan: Plan): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'ferret-read-'));
    try {
      const copy = join(directory, basename(path));
      for (const suffix of ['', '-wal']) await copyFile(path + suffix, copy + suffix);
      if ((await this.#makePlan(path)).fingerprint !== plan.fingerprint) {
        throw new FerretError('STORE_UNAVAILABLE', `${this.#file} changed while it was copied. Try again.`);
      }
      await this.#attach(copy, 'mode=ro');
      await this.#database.all(`SELECT count(*) FROM ${ATTACHED}.sqlite_schema`);
    } finally {
      await rm(directory, { recursive: true, force: true }).catch(() => {}); // Windows: in use.
    }
  }
}

const OPTIONS: Readonly<Record<Exclude<Way, 'copied'>, string>> = {
  immutable: 'immutable=1',
  shared: 'mode=ro&readonly_shm=1',
  locked: 'mode=ro',
};

function wayFor(path: string, beside: Beside): Way {
  const { wal, shm } = beside;
  if (wal === undefined) return formatBeside(path, beside) === 'rollback' ? 'locked' : 'immutable';
  if (shm?.isFile()) return 'shared';
  return wal.size === 0n ? 'immutable' : 'copied';
}
