import type { Library } from '../../library.js';
import { patchConnection } from './connection.js';
import { patchPool } from './pool.js';

/** The older client of MySQL: queries with callbacks, events and streams, and its pools, clusters of them included. */
export const mysql: Library = {
  name: 'mysql',
  ways: [
    { how: 'hook', package: 'mysql', versions: '>=2.18 <3', file: 'lib/Connection.js', patch: patchConnection },
    { how: 'hook', package: 'mysql', versions: '>=2.18 <3', file: 'lib/Pool.js', patch: patchPool },
  ],
};
