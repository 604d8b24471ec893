// The work of every consumer with the packages as it gets them: a service, one request, and a look into the file it
// leaves.
const assert = require('node:assert/strict');
const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** A file for one run. */
const temporaryFile = () => join(mkdtempSync(join(tmpdir(), 'ferret-consumer-')), 'ferret.db');

/** An Express service. */
async function probe({ core, reader, adapter, express }) {
  const database = temporaryFile();
  const ferret = core.createFerret({ database });
  const app = express();
  app.use(adapter.ferret(ferret));
  app.get('/users/:id', async (_request, response) => {
    await ferret.measure('SELECT user', () => Promise.resolve());
    core.currentSpan().annotate({ seen: true });
    response.send('fine');
  });
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/users/1`);
  assert.equal(await answer.text(), 'fine');
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  await ferret.close();
  await expectSpans(reader, database);
}

/** That the file has one request to `/users/:id`, with a query below it. */
async function expectSpans({ openReader }, database) {
  const reader = await openReader(database);
  const { runId } = await reader.run();
  const [root] = await reader.slowestRoots(runId, 1);
  const spans = await reader.trace(root.traceId);
  await reader.close();
  const [request, query] = [...spans].sort((one, other) => one.name.localeCompare(other.name));
  assert.equal(spans.length, 2);
  assert.equal(request.name, 'GET /users/:id');
  assert.equal(query.name, 'SELECT user');
  assert.equal(query.parentId, request.spanId);
  assert.equal(request.attributes.seen, true);
}

module.exports = { probe, expectSpans, temporaryFile };
