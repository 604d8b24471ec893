import { openDatabase } from '../sqlite/file/driver.js';
import { openForWriting } from '../sqlite/file/file.js';
import { OLDEST_VERSION } from '../sqlite/file/migrations.js';

/** Takes all that has come since away from a new file. Views that need none of it stay as they are. */
const BACK_TO_OLDEST = `
DROP VIEW ferret_links_v1;
DROP VIEW ferret_events_v1;
DROP VIEW ferret_open_spans_v1;
DROP TABLE link;
DROP TABLE event;
ALTER TABLE open_span DROP COLUMN links;
ALTER TABLE open_span DROP COLUMN events;
PRAGMA user_version = ${OLDEST_VERSION};`;

/**
 * Makes a file as the oldest version that can be brought up to date made it.
 *
 * @param content SQL that fills its tables
 */
export async function createOlderFile(file: string, content = ''): Promise<void> {
  await (await openForWriting(file, 'normal', () => {})).close();
  const database = await openDatabase(file, 'write');
  await database.exec(`${BACK_TO_OLDEST} ${content}`);
  await database.close();
}
