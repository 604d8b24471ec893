// A service with a request that makes COUNT calls.
import { once } from 'node:events';
import http from 'node:http';

const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
const target = http.createServer((_request, response) => response.end());
const service = http.createServer(async (_request, response) => {
  const { port } = target.address();
  const call = () =>
    new Promise((resolve, reject) => {
      http
        .get({ port, path: '/called', host: '127.0.0.1', agent }, (answer) => answer.resume().on('end', resolve))
        .on('error', reject);
    });
  for (let left = Number(process.env.COUNT); left > 0; left -= 20) await Promise.all(Array.from({ length: 20 }, call));
  response.end();
});
for (const server of [target, service]) await once(server.listen(0, '127.0.0.1'), 'listening');
const [response] = await once(http.get({ port: service.address().port, host: '127.0.0.1', agent: false }), 'response');
await once(response.resume(), 'close');
agent.destroy();
for (const server of [target, service]) server.close();
