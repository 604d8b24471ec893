import { amqplib } from './libraries/amqplib/amqplib.js';
import { bullmq } from './libraries/bullmq/bullmq.js';
import { express } from './libraries/express.js';
import { fastify } from './libraries/fastify.js';
import { graphql } from './libraries/graphql/graphql.js';
import { httpClient } from './libraries/http-client.js';
import { httpServer } from './libraries/http-server.js';
import { kafkajs } from './libraries/kafkajs/kafkajs.js';
import { knex } from './libraries/knex.js';
import { koa } from './libraries/koa.js';
import { mongodb } from './libraries/mongodb/mongodb.js';
import { mssql } from './libraries/mssql/mssql.js';
import { tedious } from './libraries/mssql/tedious.js';
import { mysql } from './libraries/mysql/mysql.js';
import { mysql2 } from './libraries/mysql2/mysql2.js';
import { nest } from './libraries/nest.js';
import { pg } from './libraries/pg/pg.js';
import { prisma } from './libraries/prisma.js';
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
  nest,
  httpClient,
  undici,
  pg,
  mysql2,
  ioredis,
  redisClient,
  mongodb,
  mysql,
  knex,
  mssql,
  tedious,
  amqplib,
  kafkajs,
  bullmq,
  graphql,
  prisma,
];
