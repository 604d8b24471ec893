import { join } from 'node:path';
import { createStoreFixture } from '@ferretjs/core/testing';
import { expect, it } from 'vitest';
import { emptyDirectory, runFerret } from './ferret.fixture.js';

const COMMANDS = [
  ['analyze'],
  ['analyze', '--tree'],
  ['analyze', '--exact'],
  ['analyze', '--self'],
  ['trace', 'ab'],
  ['runs'],
  ['crashes'],
  ['doctor'],
  ['export'],
];

const directory = emptyDirectory();
const file = join(directory, 'ferret.db');

const ENDLESS = 'WITH RECURSIVE endless (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless) SELECT n AS id';

it.each(['span', 'run', 'process', 'string', 'route_minute', 'open_span'])(
  'R20: a view without an end in place of the table %s is refused by every command',
  async (table) => {
    const store = await createStoreFixture(file);
    await store.addSpan(await store.addProcess(await store.addRun()));
    await store.database.exec(
      `PRAGMA foreign_keys = OFF; DROP TABLE ${table}; CREATE VIEW ${table} AS ${ENDLESS}, n AS run_id, n AS process_id FROM endless`,
    );
    await store.close();
    for (const parameters of COMMANDS) {
      const { code, out, err } = await runFerret([...parameters, file]);
      expect([code, out], parameters.join(' ')).toEqual([1, '']);
      expect(err).toMatch(/^ferret: [^\n]* has the view [^\n]*, which Ferret did not make\. It is not read\.\n$/);
    }
  },
);
