// A small library: a catalogue, and loans at its branches. Everything for Ferret stands in the lines that say "ferret",
// "measure" or "annotate".
import { PassThrough } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { currentSpan, defaultFerret } from '@ferretjs/core';
import { annotate, ferret } from '@ferretjs/koa';
import Router from '@koa/router';
import Koa from 'koa';

const app = new Koa();
app.use(ferret({ service: 'library' }));

// Errors are answered as JSON here, so Koa never sees them: ferret.errors() behind it does.
app.use(async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    ctx.status = error.status ?? 500;
    ctx.body = { error: error.expose ? error.message : 'internal error' };
  }
});
app.use(ferret.errors());

const profiler = defaultFerret();

/** A database that takes its time. */
const query = (sql, millis, rows) =>
  profiler.measure(sql, { 'db.system.name': 'mysql' }, async (span) => {
    await pause(millis * (0.5 + Math.random()));
    span.annotate({ 'db.response.returned_rows': rows.length });
    return rows;
  });

const subjects = ['history', 'poetry', 'travel', 'mathematics'];
const books = Array.from({ length: 60 }, (_, index) => ({
  id: index + 1,
  title: `Book ${index + 1}`,
  subject: subjects[index % subjects.length],
  copies: index % 6,
}));
const withId = (id) => books.filter((book) => book.id === Number(id));

const catalogue = new Router({ prefix: '/catalogue' });

catalogue.get('/books', async (ctx) => {
  const { subject } = ctx.query;
  const found = await query(
    'SELECT books',
    5,
    books.filter((book) => book.subject === subject),
  );
  ctx.body = profiler.measure('sort by title', () => found.toSorted((a, b) => a.title.localeCompare(b.title)));
});

catalogue.get('/books/:book', async (ctx) => {
  const [book] = await query('SELECT book', 2, withId(ctx.params.book));
  if (book === undefined) ctx.throw(404, 'no such book');
  // The holdings of other libraries are nice to know, and never awaited for long.
  const shelves = await Promise.all([
    query('SELECT copies', 3, [book.copies]),
    profiler.measure('GET union catalogue', { 'peer.service': 'union-catalogue' }, () => pause(8 + Math.random() * 12)),
  ]);
  ctx.body = { ...book, available: shelves[0][0] };
});

// Full text without an index: slow, and the slower the more common the word.
catalogue.get('/search', annotate({ team: 'discovery' }), async (ctx) => {
  const words = String(ctx.query.q ?? '').split(' ');
  currentSpan()?.annotate({ 'search.words': words.length });
  const hits = await query('SELECT fulltext', 70 * words.length, books.slice(0, 20));
  ctx.body = profiler.measure('rank', () => hits.map(({ id, title }) => ({ id, title, score: title.length / id })));
});

// The whole catalogue, a line for each book, as fast as the client takes it.
catalogue.get('/export', async (ctx) => {
  const lines = new PassThrough();
  ctx.type = 'application/x-ndjson';
  ctx.body = lines;
  pipeline(exported, lines).catch(() => {}); // The client went away: Koa has closed the stream.
});

async function* exported() {
  for (let at = 0; at < books.length; at += 12) {
    const page = await query('SELECT export_page', 35, books.slice(at, at + 12));
    yield profiler.measure('format lines', () => page.map((book) => `${JSON.stringify(book)}\n`).join(''));
  }
}

const loans = new Router();

// The first query is for the loans; another follows for the book of each, and the tree shows it.
loans.get('/', async (ctx) => {
  const { member } = ctx.params;
  const open = await query('SELECT loans', 3, [5, 11, 17, 23, 42, 54]);
  const full = [];
  for (const id of open) full.push(...(await query('SELECT book', 2, withId(id))));
  ctx.body = { member, loans: full };
});

loans.post('/', annotate({ team: 'circulation' }), async (ctx) => {
  const { book: id, pin } = await json(ctx.req).catch(() => ctx.throw(400, 'the body is not JSON'));
  currentSpan()?.annotate({ 'loan.book': id, 'member.pin': pin });
  const [[book], fees] = await Promise.all([
    query('SELECT book', 2, withId(id)),
    profiler.measure('GET fees', { 'peer.service': 'accounts' }, async () => {
      await pause(15 + Math.random() * 30);
      return Number(ctx.params.member) % 9 === 0 ? 12.5 : 0;
    }),
  ]);
  if (fees > 0) ctx.throw(402, `${fees.toFixed(2)} in fees to be paid first`);
  if (book.copies === 0) ctx.throw(409, 'every copy is on loan');
  await query('INSERT loan', 6, [book]);
  await profiler.measure('print slip', () => pause(4));
  ctx.status = 201;
  ctx.body = { book: book.id, days: 28 };
});

loans.delete('/:loan', async (ctx) => {
  await query('UPDATE loan', 5, [ctx.params.loan]);
  ctx.status = 204;
});

const branches = new Router({ prefix: '/branches/:branch' });
branches.use('/members/:member/loans', loans.routes());

branches.get('/overdue', async (ctx) => {
  await query('SELECT overdue', 40, books);
  // The newest branch has no address yet, which nobody has thought of.
  const branch = ctx.params.branch === 'harbour' ? {} : { address: { city: 'Example' } };
  ctx.body = { city: branch.address.city, overdue: books.length };
});

app.use(catalogue.routes()).use(branches.routes());

const server = app.listen(process.env.PORT ?? 3000, () => {
  const { port } = server.address();
  process.send?.({ port });
  console.log(`The library listens on http://localhost:${port}`);
});
