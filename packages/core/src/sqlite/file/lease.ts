import type { ProcessIdentity } from '../../process/process-identity.js';
import { mayLive } from '../../process/process-liveness.js';
import type { Database } from './driver.js';

/** Long enough for the slowest piece of work between two renewals. */
const LEASE_MICROS = 30_000_000;

/** Whoever else has taken it since it was looked at, has it. */
const IS_UNCHANGED = `
SELECT 1 WHERE (SELECT holder FROM lease WHERE name = ?1) IS ?2 AND (SELECT expires_at_us FROM lease WHERE name = ?1) IS ?3`;

const TAKE = 'INSERT OR REPLACE INTO lease (name, holder, expires_at_us) VALUES (?, ?, ?)';

type Holder = Pick<ProcessIdentity, 'processKey' | 'hostname' | 'pid' | 'pidStart'>;

/**
 * Asks for the right to do something that one process does for all. It is held until it expires, and renewed by asking
 * again. A dead holder's is free at once; so is one that expires far later than any could, because the clock was set
 * back since; the clocks of two processes are some milliseconds apart.
 */
export async function acquireLease(
  database: Database,
  name: string,
  holder: Holder,
  nowMicros: number,
): Promise<boolean> {
  const [lease] = await database.all<{ holder: string; expires_at_us: number }>(
    'SELECT holder, expires_at_us FROM lease WHERE name = ?',
    [name],
  );
  if (lease !== undefined && isHeld(lease.expires_at_us, parseHolder(lease.holder), holder, nowMicros)) {
    return false;
  }
  const taken = await database.transaction([
    { sql: IS_UNCHANGED, parameters: [name, lease?.holder ?? null, lease?.expires_at_us ?? null], mustFind: true },
    { sql: TAKE, parameters: [name, toText(holder), nowMicros + LEASE_MICROS] },
  ]);
  return taken !== undefined;
}

/** Gives it back before it expires; nothing happens where another has it by now. */
export async function releaseLease(database: Database, name: string, holder: Holder): Promise<void> {
  await database.run('DELETE FROM lease WHERE name = ? AND holder = ?', [name, toText(holder)]);
}

function toText({ processKey, hostname, pid, pidStart }: Holder): string {
  return JSON.stringify({ processKey, hostname, pid, pidStart });
}

/** A holder that cannot be read holds nothing. */
function parseHolder(text: string): Holder | undefined {
  try {
    const { processKey, hostname, pid, pidStart } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>;
    if (typeof processKey !== 'string' || typeof hostname !== 'string' || typeof pid !== 'number') return undefined;
    return { processKey, hostname, pid, pidStart: typeof pidStart === 'string' ? pidStart : null };
  } catch {
    return undefined;
  }
}

function isHeld(expiresAtMicros: number, by: Holder | undefined, asker: Holder, nowMicros: number): boolean {
  const left = expiresAtMicros - nowMicros;
  return (
    by !== undefined &&
    by.processKey !== asker.processKey &&
    left > 0 &&
    left <= 2 * LEASE_MICROS &&
    mayLive(by, nowMicros, nowMicros)
  );
}
