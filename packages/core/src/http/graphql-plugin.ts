import { type ApolloPlugin, apolloPlugin } from './graphql-apollo.js';
import { type EnvelopPlugin, envelopPlugin } from './graphql-envelop.js';
import { type MercuriusPlugin, mercuriusPlugin } from './graphql-mercurius.js';

/** The hooks of Apollo Server, of Yoga (Envelop) and of Nest's Mercurius driver in one object. */
export interface GraphqlPlugin extends ApolloPlugin, EnvelopPlugin, MercuriusPlugin {}

const PLUGIN: GraphqlPlugin = Object.freeze({ ...apolloPlugin, ...envelopPlugin, ...mercuriusPlugin });

/**
 * Creates a plugin that puts the GraphQL operation on the request's span: `graphql.operation.name` and
 * `graphql.operation.type`, never the document. It records the exceptions of resolvers (`exception.*`). A response that
 * has no data because of a server error gets the outcome `error`, although its status is 200. The drivers of
 * `@nestjs/graphql` get this plugin from `FerretModule`.
 *
 * @returns the same object at each call
 * @example
 * import { ApolloServer } from '@apollo/server';
 * import { graphqlPlugin } from '@ferretjs/express';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { now: String }', plugins: [graphqlPlugin()] });
 */
export function graphqlPlugin(): GraphqlPlugin {
  return PLUGIN;
}
