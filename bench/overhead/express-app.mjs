import express from 'express';
import { route, userOf } from './routes.mjs';

/** The Express app under test. `middleware`: what is measured, mounted first, as its documentation says. */
export async function listen({ routes, middleware }) {
  const app = express();
  if (middleware) app.use(middleware);
  for (let index = 0; index < routes; index++) {
    app.get(route(index), (request, response) => {
      response.json(userOf(request.params.id));
    });
  }
  const server = app.listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}
