// Answers requests while V8 counts calls, and sends the files of Ferret's with a function that ran for each of them,
// before its response was over. Timers of Ferret's may run meanwhile, on a busy machine, but not during every request.
import { Session } from 'node:inspector';
import { createFerret, ferret } from '@ferretjs/express';
import express from 'express';

const REQUESTS = 10;

const session = new Session();
session.connect();
const instance = createFerret({ database: process.env.FERRET_DATABASE });
const app = express();
app.use(ferret(instance));
let onOver = () => {};
app.get('/users/:id', (request, response) => {
  response.on('close', () => onOver());
  response.json({ id: request.params.id });
});
const server = app.listen(0, '127.0.0.1', async () => {
  await ask(); // Functions that run once, such as those that compile patterns, are not a request's.
  await instance.flush();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  let entered;
  for (let count = 0; count < REQUESTS; count++) {
    await instance.flush();
    filesEntered();
    const over = new Promise((resolve) => {
      onOver = () => resolve(filesEntered());
    });
    const [files] = await Promise.all([over, ask()]);
    entered = entered === undefined ? files : entered.filter((file) => files.includes(file));
  }
  process.send(entered);
  server.close();
  await instance.close();
  process.disconnect();
});

function ask() {
  const { port } = server.address();
  return fetch(`http://127.0.0.1:${port}/users/1`, { headers: { connection: 'close' } }).then((answer) =>
    answer.text(),
  );
}

/** Since it was called last. The session is of this thread, so the answer is there when `post` returns. */
function filesEntered() {
  let scripts = [];
  session.post('Profiler.takePreciseCoverage', (_, { result }) => {
    scripts = result;
  });
  return scripts
    .filter(({ functions }) => functions.some(({ functionName, ranges }) => functionName !== '' && ranges[0].count > 0))
    .map(({ url }) => /packages\/(\w+)\/dist\/esm\/(.+)\.js$/.exec(url))
    .filter((found) => found !== null)
    .map(([, name, file]) => `${name === 'core' ? '' : `packages/${name}/src/`}${file}.ts`);
}
