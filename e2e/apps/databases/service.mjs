// A service on bare node:http whose routes are the scenarios of one database client: GET /<scenario>. It answers with
// all that the application sees of the client: results, errors, stacks, the order of events. The environment says
// which client, and where its database is.

import { createServer } from 'node:http';
import { inspect } from 'node:util';

const { open } = await import(`./${process.env.CLIENT}.mjs`);
const { scenarios, close } = await open(Number(process.env.DATABASE_PORT));

/** Frames of Ferret's own wrappers, and of Node: these depend on what else happens in the same turn of the loop. */
const OTHER_FRAME = /\n[\s']+at .*(?:(?:ferretjs|packages)[\\/](?:auto|core)[\\/]|node:internal).*/g;

async function observe(scenario) {
  const seen = [];
  const note = (name, value) => seen.push(`${name}: ${show(value)}`);
  try {
    note('result', await scenario(note));
  } catch (error) {
    note('thrown', error);
  }
  return seen;
}

function show(value) {
  const text = inspect(value, {
    depth: 4,
    showHidden: true,
    getters: false,
    breakLength: 100,
    sorted: true,
    maxArrayLength: 20,
  });
  return text.replaceAll(OTHER_FRAME, '');
}

process.on('unhandledRejection', (reason) => process.send({ unhandled: String(reason) }));

const server = createServer(async (request, response) => {
  const scenario = scenarios[request.url.slice(1)];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(await observe(scenario)));
});
server.listen(0, '127.0.0.1', () =>
  process.send({ port: server.address().port, names: process.env.ONLY?.split(',') ?? Object.keys(scenarios) }),
);

process.once('SIGTERM', async () => {
  server.close();
  server.closeAllConnections();
  await close();
  process.disconnect();
});
