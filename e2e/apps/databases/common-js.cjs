// A service in CommonJS with every database client that is seen by a hook: GET /<client> runs one query by it. It tells
// its port, and how Ferret sees the clients.

const { createServer } = require('node:http');
const { coverage } = require('@ferretjs/auto');
const knex = require('knex');
const { MongoClient } = require('mongodb');
const mongoose = require('mongoose');
const sql = require('mssql');
const mysql = require('mysql');

const ports = JSON.parse(process.env.PORTS);
const url = `mongodb://127.0.0.1:${ports.mongodb}/shop`;
const server = '127.0.0.1';
const options = { encrypt: false, trustServerCertificate: true };

const clients = {
  async mongodb() {
    const client = new MongoClient(url);
    await client.db().collection('users').findOne({});
    await client.close();
  },
  async mongoose() {
    const connection = await mongoose.createConnection(url).asPromise();
    await connection.collection('users').findOne({});
    await connection.close();
  },
  async mssql() {
    const pool = await new sql.ConnectionPool({
      server,
      port: ports.sqlServer,
      user: 'sa',
      password: 'a',
      options,
    }).connect();
    await pool.query('SELECT id FROM users');
    await pool.close();
  },
  async knex() {
    const connection = { host: server, port: ports.sqlServer, user: 'sa', password: 'a', options };
    const db = knex({ client: 'mssql', connection });
    await db('users').where({ id: 7 });
    await db.destroy();
  },
  async mysql() {
    const connection = mysql.createConnection({ host: server, port: 1 });
    await new Promise((resolve) => connection.query('SELECT id FROM users', resolve));
  },
};

const service = createServer(async (request, response) => {
  await clients[request.url.slice(1)]();
  response.end();
});
service.listen(0, server, () => process.send({ port: service.address().port, libraries: coverage(__dirname) }));
process.once('SIGTERM', () => {
  service.close();
  service.closeAllConnections();
  process.disconnect();
});
