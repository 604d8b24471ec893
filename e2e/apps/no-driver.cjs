// An Express service that answers one request and ends, as an application without a driver runs it.
const express = require('express');
const { ferret } = require('@ferretjs/express');
const { defaultFerret } = require('@ferretjs/core');

const app = express();
app.use(ferret());
app.get('/x', (_request, response) => void response.json(1));
const server = app.listen(0, '127.0.0.1', async () => {
  const address = `http://127.0.0.1:${server.address().port}/x`;
  const answer = await fetch(address, { headers: { connection: 'close' } });
  const body = await answer.text();
  await defaultFerret().flush();
  console.log(JSON.stringify({ body, ledger: defaultFerret().stats() }));
  server.close();
});
