// Scenarios of `mssql`, or of the version that the environment names, against a peer that speaks SQL Server's protocol.

const { default: sql } = await import(process.env.PACKAGE ?? 'mssql');

const CANARY = 'cAnArY-4711';

// Frames of Ferret's wrappers must not push others out.
Error.stackTraceLimit = 50;

export async function open(port) {
  const config = {
    server: '127.0.0.1',
    port,
    user: 'sa',
    password: 'secret',
    database: 'shop',
    options: { encrypt: false, trustServerCertificate: true },
    pool: { min: 0, max: 2 },
  };
  const pool = new sql.ConnectionPool(config);
  await pool.connect();

  const scenarios = {
    text: () => pool.query(`SELECT id FROM users WHERE name = '${CANARY}' OR id = 7 -- ${CANARY}`).then(result),
    parameters: () =>
      pool
        .request()
        .input('name', CANARY)
        .input('id', sql.Int, 8)
        .query('SELECT id FROM users WHERE name <> @name AND id = @id')
        .then(result),
    template: () => pool.query`SELECT id FROM users WHERE name = ${CANARY}`.then(result),
    batch: () => pool.request().batch('SELECT id FROM users; SELECT id FROM users').then(result),
    procedure: () =>
      pool
        .request()
        .input('name', CANARY)
        .execute('users_named')
        .then(({ returnValue, ...rest }) => result(rest)),
    callback: (note) =>
      new Promise((resolve) => {
        const returned = pool.request().query('SELECT id FROM users', function (error, first) {
          note('this', this?.constructor?.name);
          pool.request().query('SELECT id FROM orders', (_, second) => resolve([error, result(first), result(second)]));
        });
        note('returned', returned?.constructor.name);
      }),
    prepared: async () => {
      const statement = new sql.PreparedStatement(pool);
      statement.input('name', sql.NVarChar);
      await statement.prepare('SELECT id FROM users WHERE name = @name');
      const answers = [await statement.execute({ name: CANARY }), await statement.execute({ name: 'b' })];
      await statement.unprepare();
      return answers.map(result);
    },
    transaction: async () => {
      const transaction = new sql.Transaction(pool);
      await transaction.begin();
      const updated = await transaction.request().query(`UPDATE users SET name = '${CANARY}'`);
      await transaction.rollback();
      return updated.rowsAffected;
    },
    bulk: () => {
      const table = new sql.Table('users');
      table.columns.add('id', sql.Int, { nullable: false });
      table.columns.add('name', sql.NVarChar(50), { nullable: false });
      table.rows.add(1, CANARY);
      table.rows.add(2, CANARY);
      return pool.request().bulk(table);
    },
    stream: async (note) => {
      const request = pool.request();
      request.stream = true;
      request.on('row', (row) => note('row', row));
      const ended = new Promise((resolve) => request.once('done', resolve));
      request.query('SELECT id FROM users');
      return ended;
    },
    large: () => pool.query(`SELECT id FROM users WHERE name = '${CANARY.repeat(50_000)}'`).then(result),
    failing: async (note) => {
      note('duplicate', await pool.query(`INSERT INTO users VALUES ('duplicate ${CANARY}')`).catch(strip));
      note('table', await pool.query('SELECT * FROM no_such_table').catch(strip));
      note('raised', await pool.query(`RAISERROR('${CANARY} is no customer', 16, 1)`).catch(strip));
      await pool.query('SELECT * FROM no_such_table').catch((error) => note('stack', error.stack));
      note(
        'wrong',
        await pool
          .request()
          .input('id', sql.Int, CANARY)
          .query('SELECT @id')
          .catch(({ code }) => code),
      );
    },
    cancelled: async () => {
      const request = pool.request();
      const answer = request.query("WAITFOR DELAY '00:01'").catch(strip);
      setTimeout(() => request.cancel(), 30);
      return answer;
    },
    timeout: () =>
      new sql.ConnectionPool({ ...config, requestTimeout: 50 }).connect().then(async (late) => {
        const error = await late.query("WAITFOR DELAY '00:01'").catch(({ code }) => code);
        await late.close();
        return error;
      }),
    // Both connections are taken: the query waits until one comes back.
    exhausted: async () => {
      const held = [await pool.acquire({}), await pool.acquire({})];
      const waiting = pool.query('SELECT id FROM users').then(result);
      setTimeout(() => held.forEach((each) => void pool.release(each)), 50);
      return waiting;
    },
    refused: () => new sql.ConnectionPool({ ...config, port: 1 }).connect().catch(({ code }) => code),
    loop: async () => {
      let count = 0;
      for (let id = 1; id <= 212; id++)
        count += (await pool.request().input('id', id).query('SELECT id FROM users WHERE id = @id')).recordset.length;
      return count;
    },
  };
  return { scenarios, close: () => pool.close() };
}

function result({ recordsets, recordset, rowsAffected, output }) {
  return { recordsets, recordset, rowsAffected, output };
}

/** An error without what differs from run to run. */
function strip(error) {
  const { stack, originalError, ...own } = error;
  return {
    name: error.constructor.name,
    message: error.message,
    own: Object.keys(own),
    number: own.number,
    code: own.code,
  };
}
