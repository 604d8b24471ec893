import type { ProcessIdentity } from '../../process/process-identity.js';
import { mayLive } from '../../process/process-liveness.js';
import type { Database } from './driver.js';
import { transaction } from './transaction.js';

/** Long enough for the slowest piece of work between two renewals. */
const LEASE_MICROS = 30_000_000;

type Holder = Pick<ProcessIdentity, 'processKey' | 'hostname' | 'pid' | 'pidStart'>;

/**
 * Asks for the right to do something that one process does for all. It is held until it expires, and renewed by asking again. A
 * dead holder's is free at once; so is one that expires far later than any could, because the clock was set back since; the clocks of two
 * processes are some milliseconds apart.
 */
export function acquireLease(database: Database, name: string, holder: Holder, nowMicros: number): Promise<boolean> {
  return transaction(database, async () => {
    const [lease] = await database.all<{ holder: string; expires_at_us: number }>(
      'SELECT holder, expires_at_us FROM lease WHERE name = ?',
      [name],
    );
    if (lease !== undefined && isHeld(lease.expires_at_us, JSON.parse(lease.holder) as Holder, holder, nowMicros)) {
      return false;
    }
    await database.run('INSERT OR REPLACE INTO lease (name, holder, expires_at_us) VALUES (?, ?, ?)', [
      name,
      toText(holder),
      nowMicros + LEASE_MICROS,
    ]);
    return true;
  });
}

/** Gives it back before it expires; nothing happens where another has it by now. */
export async function releaseLease(database: Database, name: string, holder: Holder): Promise<void> {
  await database.run('DELETE FROM lease WHERE name = ? AND holder = ?', [name, toText(holder)]);
}

function toText({ processKey, hostname, pid, pidStart }: Holder): string {
  return JSON.stringify({ processKey, hostname, pid, pidStart });
}

function isHeld(expiresAtMicros: number, by: Holder, asker: Holder, nowMicros: number): boolean {
  const left = expiresAtMicros - nowMicros;
  return (
    by.processKey !== asker.processKey && left > 0 && left <= 2 * LEASE_MICROS && mayLive(by, nowMicros, nowMicros)
  );
}
