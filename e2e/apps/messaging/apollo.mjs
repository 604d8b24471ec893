// Apollo Server on Express, without Ferret's plugin and with it.

import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { graphqlPlugin } from '@ferretjs/express';
import express from 'express';

export async function open() {
  const app = express();
  for (const [path, plugins] of [
    ['/plain', []],
    ['/plugin', [graphqlPlugin()]],
  ]) {
    const server = new ApolloServer({ typeDefs: 'type Query { now: String }', plugins });
    await server.start();
    app.use(path, express.json(), expressMiddleware(server));
  }
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const ask = async (path) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query Now { now }' }),
    });
    return [response.status, await response.text()];
  };
  return {
    scenarios: { plain: () => ask('plain'), plugin: () => ask('plugin') },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
