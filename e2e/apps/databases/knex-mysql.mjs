// The scenarios of `knex`, with `mysql`.

import { openWith } from './knex.mjs';

export function open(port) {
  return openWith({ client: 'mysql', connection: { host: '127.0.0.1', port, user: 'root', database: 'test' } });
}
