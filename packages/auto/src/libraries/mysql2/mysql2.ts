import type { Library } from '../../library.js';
import { patchConnection } from './connection.js';
import { patchPool } from './pool.js';

/**
 * The client of MySQL and MariaDB: callbacks, promises, events and streams, `query` and `execute`, and its pools.
 *
 * Versions from 3.20 publish channels, which are not used. Their texts have the values in place of `?`. They run
 * callbacks in the context of whoever opened the connection. With a subscriber, an error of a query that has neither a
 * callback nor a listener is swallowed.
 */
export const mysql2: Library = {
  name: 'mysql2',
  ways: [
    { how: 'hook', package: 'mysql2', versions: '>=3.11.5 <4', file: 'lib/base/connection.js', patch: patchConnection },
    { how: 'hook', package: 'mysql2', versions: '>=3.11.5 <4', file: 'lib/base/pool.js', patch: patchPool },
    { how: 'hook', package: 'mysql2', versions: '>=3 <3.11.5', file: 'lib/connection.js', patch: patchConnection },
    { how: 'hook', package: 'mysql2', versions: '>=3 <3.11.5', file: 'lib/pool.js', patch: patchPool },
  ],
};
