// An application of CommonJS, without a line about Ferret unless INSTRUMENT says so.
if (process.env.INSTRUMENT) require('@ferretjs/auto').instrument();

const { drive } = require('./drive.cjs');

void drive({
  express: require('express'),
  express4: require('express-4'),
  Koa: require('koa'),
  Koa2: require('koa-2'),
  Router: require('@koa/router'),
  fastify: require('fastify'),
});
