import { describe, expect, it } from 'vitest';
import { describeQuery } from './describe-query.js';
import type { SqlSystem } from './dialect.js';

const summaryOf = (query: string, system: SqlSystem = 'postgresql') => describeQuery(query, system).summary;
const textOf = (query: string, system: SqlSystem = 'postgresql') => describeQuery(query, system).text;

describe('the summary of a query', () => {
  it.each([
    // The examples of OpenTelemetry's conventions.
    ['SELECT *\nFROM wuser_table\nWHERE username = ?', 'SELECT wuser_table'],
    [
      'INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE order_id = ?',
      'INSERT shipping_details SELECT orders',
    ],
    ['SELECT * FROM songs, artists WHERE songs.artist_id == artists.id', 'SELECT songs artists'],
    [
      'SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON o.customer_id = c.customer_id)',
      'SELECT SELECT orders customers',
    ],
    ['SELECT * FROM "song list"', 'SELECT "song list"'],
    ['{call some_stored_procedure}', 'call some_stored_procedure'],
    // Case stays as it is.
    ['select "id" from "users" where "id" = $1', 'select "users"'],
    ['UPDATE ONLY accounts SET balance = balance - 5 FROM totals WHERE id = 7', 'UPDATE accounts totals'],
    ['DELETE FROM shop.carts AS c USING users u WHERE u.id = c.user_id', 'DELETE shop.carts users'],
    [
      'WITH recent AS (SELECT * FROM orders), b AS (SELECT 1) SELECT * FROM recent JOIN users USING (id)',
      'SELECT orders SELECT SELECT users',
    ],
    ['WITH moved AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM moved', 'DELETE a INSERT b SELECT'],
    ['SELECT extract(year FROM created_at), trim(both from name) FROM events', 'SELECT events'],
    ['SELECT a IS DISTINCT FROM b FROM c', 'SELECT c'],
    ['SELECT * FROM generate_series(1, 10) s, users', 'SELECT users'],
    ['SELECT * FROM a LEFT JOIN b ON a.x = b.x, c WHERE a.id IN (SELECT id FROM d)', 'SELECT a b c SELECT d'],
    ['SELECT * FROM (a CROSS JOIN b)', 'SELECT a b'],
    ['SELECT 1 FROM a UNION ALL SELECT 2 FROM b ORDER BY 1, 2', 'SELECT a SELECT b'],
    ['INSERT INTO users (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name', 'INSERT users'],
    ['SELECT * FROM users WHERE id = $1 FOR UPDATE OF users', 'SELECT users'],
    ['CREATE TABLE IF NOT EXISTS users (id int, name text)', 'CREATE TABLE users'],
    ['CREATE UNIQUE INDEX CONCURRENTLY users_name ON users (name)', 'CREATE INDEX users_name'],
    ['ALTER TABLE users ADD COLUMN age int', 'ALTER TABLE users'],
    ['DROP TABLE IF EXISTS "a"."b" CASCADE', 'DROP TABLE "a"."b"'],
    ["CREATE USER alice WITH PASSWORD 'secret'", 'CREATE USER'],
    ['TRUNCATE TABLE a, b', 'TRUNCATE a b'],
    ['BEGIN', 'BEGIN'],
    ['START TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'START TRANSACTION'],
    ['SAVEPOINT sp_1', 'SAVEPOINT'],
    ["SET search_path TO 'x'", 'SET'],
    ['EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM users', 'EXPLAIN SELECT users'],
    ['EXPLAIN ANALYZE DELETE FROM users', 'EXPLAIN DELETE users'],
    ['COPY users (id, name) FROM STDIN', 'COPY users'],
    ['(SELECT a FROM b) UNION (SELECT c FROM d)', 'SELECT b SELECT d'],
    ['SELECT 1; DELETE FROM t', 'SELECT DELETE t'],
    ['CALL refresh_totals(1)', 'CALL refresh_totals'],
    ['DO $$ BEGIN PERFORM secret(); END $$', 'DO'],
    ['MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN UPDATE SET x = 1', 'MERGE a b'],
    ['', ''],
    ['-- nothing', ''],
    ['/* app=shop */ SELECT 1', 'SELECT'],
    ["SELECT * FROM 'artists'", 'SELECT'],
  ])('%s', (query, summary) => {
    expect(summaryOf(query)).toBe(summary);
  });

  it.each([
    ['SELECT `id` FROM `shop`.`orders` WHERE name = "x"', 'SELECT `shop`.`orders`', 'mysql'],
    ['UPDATE LOW_PRIORITY a, b SET a.x = b.x', 'UPDATE a b', 'mysql'],
    ['DELETE a FROM a INNER JOIN b ON a.id = b.id', 'DELETE a b', 'mysql'],
    ['REPLACE INTO t VALUES (1)', 'REPLACE t', 'mysql'],
    ["INSERT INTO t SET a = 1 ON DUPLICATE KEY UPDATE a = 'x'", 'INSERT t', 'mysql'],
    ['SELECT * FROM [dbo].[order items] WITH (NOLOCK)', 'SELECT [dbo].[order items]', 'microsoft.sql_server'],
    ['EXEC dbo.find_user @id = 5', 'EXEC dbo.find_user', 'microsoft.sql_server'],
    ['INSERT OR REPLACE INTO t(a) VALUES (1)', 'INSERT t', 'sqlite'],
  ] as const)('%s', (query, summary, system) => {
    expect(summaryOf(query, system)).toBe(summary);
  });

  it('ends before a name that would take it beyond 255 characters', () => {
    const tables = Array.from({ length: 40 }, (_, index) => `table_number_${index}`);
    const summary = summaryOf(`SELECT * FROM ${tables.join(', ')}`);
    expect(summary.length).toBeLessThanOrEqual(255);
    expect(`SELECT ${tables.join(' ')}`.startsWith(`${summary} `)).toBe(true);
  });

  it('names operation and target where there is one of each', () => {
    expect(describeQuery('select * from users', 'postgresql')).toMatchObject({
      operation: 'select',
      collection: 'users',
    });
    expect(describeQuery('select * from a, b', 'postgresql')).toMatchObject({
      operation: 'select',
      collection: undefined,
    });
    expect(describeQuery('insert into a select * from b', 'postgresql')).toMatchObject({
      operation: undefined,
      collection: undefined,
    });
    expect(describeQuery('CREATE TABLE a (b int)', 'postgresql')).toMatchObject({
      operation: 'CREATE TABLE',
      collection: 'a',
    });
  });
});

describe('the text without its values', () => {
  it.each([
    ["SELECT 'a''b', 5, 1.5e-3, .5, 0x1F, TRUE, NULL", 'SELECT ?, ?, ?, ?, ?, ?, NULL'],
    ["SELECT E'it\\'s', B'01', X'ff', U&'d', N'x', DATE '2020-01-01'", 'SELECT ?, ?, ?, ?, ?, DATE ?'],
    ['SELECT $tag$ secret $$ $tag$, $$ more $$', 'SELECT ?, ?'],
    ['SELECT $1::int, a[1:2], b->>$2 FROM t1 WHERE c ? $3', 'SELECT $1::int, a[?:?], b->>$2 FROM t1 WHERE c ? $3'],
    [
      'SELECT  *\n\tFROM a -- secret\n/* more /* nested */ secret */ WHERE b = @p1 AND c = :name',
      'SELECT * FROM a WHERE b = @p1 AND c = :name',
    ],
    ['SELECT * FROM t WHERE id IN (1, 2, -3)', 'SELECT * FROM t WHERE id IN (?)'],
    ['SELECT * FROM t WHERE id IN ($1, $2, $3) LIMIT 5', 'SELECT * FROM t WHERE id IN ($1, ...) LIMIT ?'],
    ['SELECT * FROM t WHERE id IN ($1)', 'SELECT * FROM t WHERE id IN ($1)'],
    ['SELECT * FROM t WHERE id IN (SELECT 1, 2)', 'SELECT * FROM t WHERE id IN (SELECT ?, ?)'],
    ["INSERT INTO t VALUES (1, now()), (2, 'x'), (3, NULL)", 'INSERT INTO t VALUES (?, now()), ...'],
    ['INSERT INTO t VALUES (1), (2), (now()) RETURNING id', 'INSERT INTO t VALUES (?), ..., (now()) RETURNING id'],
    ["SELECT 'no end", 'SELECT ?'],
    ['SELECT "no end', 'SELECT ?'],
    ["SELECT 'it\\'s', 'secret'", 'SELECT ?...'],
  ])('%s', (query, text) => {
    expect(textOf(query)).toBe(text);
  });

  it.each([
    ['SELECT "a" "b", \'it\\\'s\', `c` # secret', 'SELECT ? ?, ?, `c`', 'mysql'],
    ['SELECT 5--3, 1 -- secret', 'SELECT ?--?, ?', 'mysql'],
    ["SELECT _utf8mb4'x', x'ff', 2fa FROM t", 'SELECT ?, ?, ? FROM t', 'mysql'],
    ['SELECT $5.00 FROM [a]]b] WHERE c = $6', 'SELECT $? FROM [a]]b] WHERE c = $?', 'microsoft.sql_server'],
    ['SELECT "x" FROM a[5]', 'SELECT ? FROM a[?]', 'other_sql'],
  ] as const)('%s', (query, text, system) => {
    expect(textOf(query, system)).toBe(text);
  });

  it('is cut where a backslash turns out to have been read the wrong way', () => {
    // With NO_BACKSLASH_ESCAPES, the first string ends at its backslash.
    expect(textOf("SELECT a FROM t WHERE a = '\\' AND b = 'secret'", 'mysql')).toBe('SELECT a FROM t WHERE a = ?...');
  });

  it('is cut at 1,000 characters', () => {
    const text = textOf(`SELECT ${'column_name, '.repeat(200)} FROM t`);
    expect(text).toHaveLength(1_003);
    expect(text.endsWith('...')).toBe(true);
  });
});
