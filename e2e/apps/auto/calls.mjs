// A service whose requests call another one, each in a way of its own: with fetch, and with node:http. Prints what the
// other one heard, and what the callers saw.
import { once } from 'node:events';
import http, { get, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const OWN = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const heard = {};
const target = http.createServer((asked, response) => {
  const { pathname } = new URL(asked.url, 'http://localhost');
  heard[asked.headers['x-case'] ?? pathname] = [asked.headers.traceparent ?? null, asked.headers.tracestate ?? null];
  if (pathname === '/slow') return response.write('x');
  if (pathname === '/never') return;
  if (pathname === '/moved') return response.writeHead(302, { location: '/ok' }).end();
  response.statusCode = Number(pathname.slice(1)) || 200;
  response.end('hello');
});
target.on('upgrade', (_asked, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n');
  setTimeout(() => socket.end(), 5);
});
await once(target.listen(0, '127.0.0.1'), 'listening');
const { port } = target.address();
const base = `http://127.0.0.1:${port}`;
const closed = await portOfNobody();
const agent = new http.Agent({ keepAlive: true });

const read = async (sent) => {
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  return [response.statusCode, text];
};
const failure = async (work) => {
  try {
    return await work;
  } catch (error) {
    return [error.name, error.code ?? error.cause?.code ?? null];
  }
};
const fetched = async (path, options) => {
  const response = await fetch(`${base}${path}`, options);
  return [response.status, await response.text()];
};

const CASES = {
  fetch: () => fetched('/ok?token=canary-query&page=2'),
  fetch404: () => fetched('/404'),
  fetchMoved: () => fetched('/moved'),
  fetchOwn: () => fetched('/ok', { headers: { traceparent: OWN, 'x-case': 'fetchOwn' } }),
  fetchPost: () => fetched('/ok', { method: 'POST', body: 'canary-body' }),
  fetchAborted: () => failure(fetched('/never', { signal: AbortSignal.timeout(20) })),
  fetchCancelled: async () => (await fetch(`${base}/slow`)).body.cancel().then(() => 'cancelled'),
  fetchRefused: () => failure(fetch(`http://127.0.0.1:${closed}`)),
  get: () => read(get(`${base}/ok?api_key=canary-query`)),
  getUser: () => read(get(`http://canary-user:canary-word@127.0.0.1:${port}/ok`)),
  get503: () => read(get(`${base}/503`)),
  post: () => read(request(`${base}/ok`, { method: 'POST', agent }).end('canary-body')),
  postAgain: () => read(request(`${base}/ok`, { method: 'POST', agent }).end('canary-body')),
  own: () => read(get(`${base}/ok`, { headers: { traceparent: OWN, 'x-case': 'own' } })),
  listed: () => read(get({ port, path: '/ok', host: '127.0.0.1', headers: ['Host', '127.0.0.1', 'x-case', 'listed'] })),
  callback: () => new Promise((resolve) => get(`${base}/ok`, (response) => resolve(response.resume().statusCode))),
  unread: () => once(request(`${base}/ok`).end(), 'close').then(() => 'closed'),
  destroyed: async () => {
    const sent = get(`${base}/never`);
    setTimeout(() => sent.destroy(), 20);
    return failure(once(sent, 'response'));
  },
  cut: async () => {
    const sent = get(`${base}/slow`);
    const [response] = await once(sent, 'response');
    sent.destroy();
    return failure(once(response, 'end'));
  },
  refused: () => failure(once(get(`http://127.0.0.1:${closed}`), 'response')),
  upgraded: async () => {
    const sent = request(`${base}/up`, { headers: { connection: 'upgrade', upgrade: 'test' } }).end();
    const [response, socket] = await once(sent, 'upgrade');
    socket.resume();
    return response.statusCode;
  },
};

const saw = {};
const service = http.createServer(async (asked, response) => {
  const name = asked.url.slice(1);
  saw[name] = await CASES[name]();
  response.end();
});
await once(service.listen(0, '127.0.0.1'), 'listening');
const ask = (name) =>
  read(get({ port: service.address().port, path: `/${name}`, headers: { tracestate: 'a=b', traceparent: OWN } }));
for (const name of Object.keys(CASES)) await ask(name);
await sleep(20);
console.log(JSON.stringify({ heard, saw, port }));
for (const server of [service, target]) {
  server.close();
  server.closeAllConnections();
}
agent.destroy();

/** A port that refuses connections. */
async function portOfNobody() {
  const server = http.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  await once(server.close(), 'close');
  return port;
}
