import { expect, onTestFinished } from 'vitest';
import { message, start } from '../child.js';
import { ENDED_WELL } from './invariants.js';

/** Begins a transaction in another process, such as `BEGIN EXCLUSIVE`; the function returned ends both. */
export async function beginElsewhere(database: string, sql: string): Promise<() => Promise<void>> {
  const child = start('lock.mjs', { DATABASE: database, BEGIN: sql });
  onTestFinished(() => void child.process.kill('SIGKILL'));
  await message(child);
  return async () => {
    child.process.send('go on');
    expect(await child.ended).toMatchObject(ENDED_WELL);
  };
}
