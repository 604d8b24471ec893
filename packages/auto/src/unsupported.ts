/**
 * Packages that do work worth a span, and that Ferret does not see yet: the coverage names them, as silence would look
 * like support. A package of an ORM is here only if none of the drivers below it is seen. `sqlite3` is left out, as
 * Ferret itself may have loaded it.
 */
export const UNSUPPORTED: readonly string[] = [
  '@apollo/client',
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-sqs',
  '@confluentinc/kafka-javascript',
  '@elastic/elasticsearch',
  '@google-cloud/pubsub',
  '@grpc/grpc-js',
  '@libsql/client',
  'better-sqlite3',
  'bull',
  'cassandra-driver',
  'memcached',
  'nats',
  'nodemailer',
  'oracledb',
  'postgres',
];

/** Frameworks whose requests are recorded as those of `node:http`, without their routes. */
export const WITHOUT_ROUTES: readonly string[] = [
  '@hapi/hapi',
  '@hono/node-server',
  'connect',
  'h3',
  'hono',
  'micro',
  'polka',
  'restify',
  'sails',
];
