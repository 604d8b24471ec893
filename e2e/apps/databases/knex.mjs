// Scenarios of `knex`, or of the version that the environment names, with `pg`.

const { default: knex } = await import(process.env.PACKAGE ?? 'knex');

const CANARY = 'cAnArY-4711';

// Frames of Ferret's wrappers must not push others out.
Error.stackTraceLimit = 50;

export function open(port) {
  return openWith({ client: 'pg', connection: { host: '127.0.0.1', port, user: 'postgres', database: 'postgres' } });
}

export async function openWith(config) {
  const db = knex({ ...config, pool: { min: 0, max: 2 } });
  await db.schema.dropTableIfExists('users');
  await db.schema.createTable('users', (table) => {
    table.integer('id').primary();
    table.string('name', 50).unique();
  });
  await db('users').insert(Array.from({ length: 212 }, (_, index) => ({ id: index + 1, name: `user ${index + 1}` })));

  const scenarios = {
    query: async (note) => {
      const query = db('users').select('id', 'name').where({ id: 7 }).orWhere('name', CANARY);
      note('query', [query.constructor.name, typeof query.then, query.toString()]);
      return (await query).map((row) => ({ ...row }));
    },
    callback: () =>
      new Promise((resolve) =>
        db('users')
          .where({ id: 3 })
          .asCallback((_, rows) => resolve(rows.length)),
      ),
    raw: () =>
      db.raw(`SELECT id FROM users WHERE name = '${CANARY}' AND id = ? -- ${CANARY}`, [1]).then(({ length }) => length),
    transaction: () =>
      db
        .transaction(async (trx) => {
          await trx('users').where({ id: 200 }).update({ name: CANARY });
          await trx('users').where({ id: 201 }).delete();
          throw new Error('rolled back');
        })
        .catch((error) => error.message),
    failing: async (note) => {
      note('duplicate', await db('users').insert({ id: 1, name: CANARY }).catch(strip));
      note('table', await db(`no_such_table`).where({ a: CANARY }).catch(strip));
      await db('users')
        .where({ no_such_column: CANARY })
        .catch((error) => note('stack', error.stack));
    },
    stream: async (note) => {
      for await (const row of db('users').where('id', '<', 4).orderBy('id').stream()) note('row', { ...row });
    },
    // Both connections are taken: the query waits until one comes back.
    exhausted: async () => {
      const held = [await db.client.acquireConnection(), await db.client.acquireConnection()];
      const waiting = db('users')
        .where({ id: 5 })
        .then((rows) => rows.length);
      setTimeout(() => held.forEach((each) => void db.client.releaseConnection(each)), 50);
      return waiting;
    },
    timeout: async () => {
      const small = knex({ ...config, pool: { min: 0, max: 1 }, acquireConnectionTimeout: 200, log: { warn() {} } });
      const held = await small.client.acquireConnection();
      const error = await small('users').where({ name: CANARY }).catch(strip);
      await small.client.releaseConnection(held);
      await small.destroy();
      return error;
    },
    refused: async () => {
      const nowhere = knex({ ...config, connection: { ...config.connection, port: 1 }, log: { warn() {} } });
      const error = await nowhere('users').catch(({ code, message }) => [code, message]);
      await nowhere.destroy();
      return error;
    },
    loop: async () => {
      const names = [];
      for (let id = 1; id <= 212; id++) names.push((await db('users').where({ id }).first('name')).name);
      return names.length;
    },
  };
  return { scenarios, close: () => db.destroy() };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, ...own } = error;
  return { name: error.constructor.name, message: error.message, own };
}
