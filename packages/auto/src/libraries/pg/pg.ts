import type { Library } from '../../library.js';
import { patchClient } from './client.js';
import { patchPool } from './pool.js';
import { patchQuery } from './query-end.js';

/** The client of PostgreSQL and its pool: queries by text, by configuration, prepared, with cursors and streams. */
export const pg: Library = {
  name: 'pg',
  ways: [
    { how: 'hook', package: 'pg', versions: '>=8.0.3 <9', file: 'lib/client.js', patch: patchClient },
    { how: 'hook', package: 'pg', versions: '>=8.0.3 <9', file: 'lib/query.js', patch: patchQuery },
    { how: 'hook', package: 'pg-pool', versions: '>=3.1 <4', file: 'index.js', patch: patchPool },
  ],
};
