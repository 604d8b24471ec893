exports.build = async ({ load, answers, ferret, currentSpan, measure, neighbour }) => {
  const Koa = await load('koa');
  const { Router } = await load('@koa/router');
  const mount = await load('koa-mount');
  const app = new Koa();
  app.silent = true;
  if (ferret !== undefined) app.use(ferret.ferret());
  if (ferret !== undefined) app.use(ferret.ferret.errors());
  neighbour.koa?.(app);

  const users = new Router();
  users.get('/:id', async (ctx) => {
    const parameters = await measure('SELECT user', async () => ctx.params);
    currentSpan()?.annotate({ seen: true });
    ctx.body = { parameters, path: ctx._matchedRoute };
  });
  users.get('/:id/boom', () => {
    throw new TypeError('nested');
  });
  const api = new Router({ prefix: '/api' });
  api.use('/t/:tenant/users', users.routes());

  const router = new Router();
  router.use(api.routes());
  router.get('/plain', (ctx) => {
    ctx.body = 'plain';
  });
  router.get('/rejects', async () => {
    await Promise.resolve();
    throw new RangeError('async');
  });
  router.get('/stream', (ctx) => {
    ctx.body = answers.stream();
  });
  router.get('/endless', (ctx) => {
    answers.watch(ctx.res);
    ctx.body = answers.endless();
  });
  router.post('/echo', async (ctx) => {
    let body = '';
    for await (const chunk of ctx.req) body += chunk;
    ctx.body = JSON.parse(body);
  });
  router.get('/seen', (ctx) => {
    const names = ['_matchedRoute', '_matchedRouteName', 'mountPath', 'params'];
    ctx.body = { before: ctx.state.seenBefore, now: answers.seen(ctx, names) };
  });
  router.get('/last', (ctx) => {
    ctx.body = 'last';
  });

  app.use(
    mount('/static', (ctx) => {
      ctx.body = `a file: ${ctx.path}`;
    }),
  );
  app.use((ctx, next) => {
    ctx.state.seenBefore = answers.seen(ctx, ['_matchedRoute', '_matchedRouteName', 'mountPath', 'params']);
    return next();
  });
  app.use(router.routes());
  return app.listen(0, '127.0.0.1');
};
