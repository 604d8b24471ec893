import type { HookWay, Library } from '../../library.js';
import { patchCallbackConnection, patchConnection } from './connection.js';
import { patchPool } from './pool.js';
import { patchTopology } from './topology.js';

/**
 * The client of MongoDB: each command that goes over the wire, `getMore` of a cursor included, the wait for a
 * connection of its pool, and that for a server.
 *
 * Mongoose is seen by the commands of the driver that it brings along. Its own channels (from 9.7) are not used: an
 * operation of mongoose is one command or several, so that each would be seen twice, and their messages carry filters
 * and documents.
 */
export const mongodb: Library = {
  name: 'mongodb',
  ways: [
    ...waysOf('>=6.4 <8', patchConnection, { package: 'mongoose', versions: '>=8.3 <10' }),
    // Until 6.4, a command answers to a callback.
    ...waysOf('>=5 <6.4', patchCallbackConnection, { package: 'mongoose', versions: '>=7 <8.3' }),
  ],
};

/** The ways to see the driver in some versions, and mongoose in those that bring these along. */
function waysOf(versions: string, patch: HookWay['patch'], mongoose: HookWay['below']): readonly HookWay[] {
  const driver = { how: 'hook', package: 'mongodb', versions } as const;
  const connection: HookWay = { ...driver, file: 'lib/cmap/connection.js', patch };
  return [
    connection,
    { ...driver, file: 'lib/cmap/connection_pool.js', patch: patchPool },
    { ...driver, file: 'lib/sdam/topology.js', patch: patchTopology },
    { ...connection, ...(mongoose && { below: mongoose }) },
  ];
}
