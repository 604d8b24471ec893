import { amqplib } from './libraries/amqplib/amqplib.js';
import { bullmq } from './libraries/bullmq/bullmq.js';
import { express } from './libraries/express.js';
import { fastify } from './libraries/fastify.js';
import { graphql } from './libraries/graphql/graphql.js';
import { httpClient } from './libraries/http-client.js';
import { httpServer } from './libraries/http-server.js';
import { kafkajs } from './libraries/kafkajs/kafkajs.js';
import { koa } from './libraries/koa.js';
import { mysql2 } from './libraries/mysql2/mysql2.js';
import { pg } from './libraries/pg/pg.js';
import { ioredis } from './libraries/redis/ioredis.js';
import { redisClient } from './libraries/redis/redis-client.js';
import { undici } from './libraries/undici.js';
import type { Library } from './library.js';

/** Every library that Ferret instruments. One file or folder for each of them under `libraries/`. */
export const LIBRARIES: readonly Library[] = [
  httpServer,
  express,
  koa,
  fastify,
  httpClient,
  undici,
  pg,
  mysql2,
  ioredis,
  redisClient,
  amqplib,
  kafkajs,
  bullmq,
  graphql,
];
