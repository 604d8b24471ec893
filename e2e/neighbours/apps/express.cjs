exports.build = async ({ load, answers, ferret, currentSpan, measure, neighbour, isNeighbourFirst }) => {
  const express = await load('express');
  const app = express();
  if (ferret !== undefined) app.use(ferret.ferret());
  app.use(express.json());

  const users = express.Router({ mergeParams: true });
  users.get('/:id', async (request, response) => {
    const parameters = await measure('SELECT user', async () => request.params);
    currentSpan()?.annotate({ seen: true });
    response.json({ parameters, path: request.route.path, base: request.baseUrl });
  });
  users.get('/:id/boom', () => {
    throw new TypeError('nested');
  });
  const api = express.Router();
  api.use('/t/:tenant/users', users);
  app.use('/api', api);

  app.get('/plain', (_request, response) => void response.send('plain'));
  app.get('/rejects', (_request, _response, next) => void Promise.reject(new RangeError('async')).catch(next));
  app.use('/static', (request, response) => void response.send(`a file: ${request.url}`));
  app.get('/stream', (_request, response) => void answers.stream().pipe(response));
  app.get('/endless', (_request, response) => {
    answers.watch(response);
    const body = answers.endless();
    response.once('close', () => body.destroy());
    body.pipe(response);
  });
  app.post('/echo', (request, response) => void response.json(request.body));
  app.use((request, _response, next) => {
    request.seenBefore = answers.seen(request, ['route', 'params']);
    next();
  });
  app.get('/seen', (request, response) => {
    response.json({ before: request.seenBefore, now: answers.seen(request, ['route', 'params']) });
  });
  app.get('/last', (_request, response) => void response.send('last'));

  const handlers = [() => neighbour.express?.(app), () => ferret && app.use(ferret.ferret.errors())];
  for (const mount of isNeighbourFirst ? handlers : handlers.reverse()) mount();
  app.use((error, _request, response, _next) => {
    response.status(error.status ?? 500).json({ name: error.name, message: error.message });
  });
  return app.listen(0, '127.0.0.1');
};
