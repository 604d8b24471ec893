/** Koa 2 beside Koa 3, for the tests; what they use of both is the same. */
declare module 'koa-2' {
  import Koa from 'koa';
  export default Koa;
}
