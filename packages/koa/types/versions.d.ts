/** Other versions beside the newest, for the tests; what they use of all is the same. */
declare module 'koa-2' {
  import Koa from 'koa';
  export default Koa;
}
declare module 'koa-lowest' {
  import Koa from 'koa';
  export default Koa;
}
declare module 'koa-router-7' {
  import Router from '@koa/router';
  export default Router;
}
declare module 'koa-router-8' {
  import Router from '@koa/router';
  export default Router;
}
declare module 'koa-router-10' {
  import Router from '@koa/router';
  export default Router;
}
declare module 'koa-router-12' {
  import Router from '@koa/router';
  export default Router;
}
declare module 'koa-router-14' {
  import Router from '@koa/router';
  export default Router;
}
declare module 'koa-static' {
  import type { Middleware } from 'koa';
  export default function serve(root: string, options?: { defer?: boolean }): Middleware;
}
