import type { SpanRecord } from '@ferretjs/core';
import { GraphQLError } from 'graphql';
import { createSchema } from 'graphql-yoga';

/** In every text that a client writes, and nowhere else: it must never get into a record. */
export const CANARY = 'kanarie';

export class DatabaseDown extends Error {}

/** The work of the resolvers of all servers here. */
export const resolve = {
  user: (id: string) => ({ id, name: 'Ada' }),
  broken: (): never => {
    throw new DatabaseDown('db down');
  },
  refused: (): never => {
    throw new GraphQLError('log in first', { extensions: { code: 'UNAUTHENTICATED' } });
  },
  teapot: (): never => {
    throw Object.assign(new Error('no coffee'), { status: 418 });
  },
};

/** Makes a schema for each server: Apollo puts hooks of its own into it. */
export const createTestSchema = <Context extends object = object>() =>
  createSchema<Context>({
    typeDefs: `
    type User { id: ID! name: String }
    type Query { user(id: ID!): User broken: Int! shaky: Int refused: Int! declined: Int teapot: Int! }
    type Mutation { save(text: String!): Int! }
    type Subscription { ticks: Int! failing: Int! }
  `,
    resolvers: {
      Query: {
        user: (_root, { id }) => resolve.user(id),
        broken: resolve.broken,
        shaky: resolve.broken,
        refused: resolve.refused,
        declined: resolve.refused,
        teapot: resolve.teapot,
      },
      Mutation: { save: () => 1 },
      Subscription: {
        ticks: {
          async *subscribe() {
            for (const ticks of [1, 2]) yield { ticks };
          },
        },
        failing: {
          async *subscribe() {
            yield { failing: 1 };
          },
          resolve: resolve.broken,
        },
      },
    },
  });

/** A client's request, and the contents of its span, if the server has Ferret. */
export interface Case {
  readonly title: string;
  readonly body?: object;
  readonly search?: string;
  readonly accept?: string;
  readonly headers?: Record<string, string>;
  readonly expected: Partial<SpanRecord> & { readonly attributes?: object };
  /** Attributes that must not be there. */
  readonly absent?: readonly string[];
}

const kept = { 'exception.type': 'DatabaseDown', 'exception.message': 'db down' };
const named = ['graphql.operation.name'];
const exception = ['exception.type', 'exception.message'];
const nothing = [...named, 'graphql.operation.type', ...exception];

const operation = (type: string, name?: string) => ({
  'graphql.operation.type': type,
  ...(name === undefined ? {} : { 'graphql.operation.name': name }),
});

/** Requests that all servers answer alike. */
export const cases: readonly Case[] = [
  {
    title: 'a named query',
    body: {
      query: `query GetUser($id: ID!) { ${CANARY}: user(id: $id) { id } } # ${CANARY}`,
      variables: { id: CANARY },
    },
    expected: { outcome: 'ok', httpStatusCode: 200, attributes: operation('query', 'GetUser') },
    absent: exception,
  },
  {
    title: 'a mutation',
    body: { query: `mutation Save { save(text: "${CANARY}") }` },
    expected: { outcome: 'ok', attributes: operation('mutation', 'Save') },
  },
  {
    title: 'an anonymous operation',
    body: { query: `{ user(id: "${CANARY}") { id } }` },
    expected: { outcome: 'ok', attributes: operation('query') },
    absent: named,
  },
  {
    title: 'one of several operations in a document',
    body: { query: `query A { user(id: 1) { id } } mutation B { save(text: "${CANARY}") }`, operationName: 'B' },
    expected: { outcome: 'ok', attributes: operation('mutation', 'B') },
  },
  {
    title: 'a query by GET',
    search: `?query=${encodeURIComponent(`query ByGet { user(id: "${CANARY}") { id } }`)}&a=1`,
    expected: { outcome: 'ok', attributes: { ...operation('query', 'ByGet'), 'url.query': 'query=REDACTED&a=1' } },
  },
  {
    title: 'an introspection',
    body: { query: 'query IntrospectionQuery { __schema { queryType { name } } }' },
    expected: { outcome: 'ok', attributes: operation('query', 'IntrospectionQuery') },
  },
  {
    title: 'an operation with a name without end',
    body: { query: `query ${'a'.repeat(5000)} { user(id: 1) { id } }` },
    expected: { attributes: operation('query', `${'a'.repeat(1023)}…`) },
  },
  {
    title: 'no data, because a resolver threw',
    body: { query: `query Broken { ${CANARY}: broken }` },
    expected: {
      outcome: 'error',
      errorType: 'DatabaseDown',
      httpStatusCode: 200,
      attributes: { ...operation('query', 'Broken'), ...kept },
    },
  },
  {
    title: 'data in part, because a resolver threw',
    body: { query: `query Shaky { shaky user(id: "${CANARY}") { id } }` },
    expected: { outcome: 'ok', errorType: undefined, attributes: { ...operation('query', 'Shaky'), ...kept } },
  },
  {
    title: "no data, by the client's fault according to the error's code",
    body: { query: '{ refused }' },
    expected: { outcome: 'ok', attributes: { 'exception.message': 'log in first' } },
  },
  {
    title: "no data, by the client's fault according to the error's status",
    body: { query: '{ teapot }' },
    expected: { outcome: 'ok', attributes: { 'exception.message': 'no coffee' } },
  },
  {
    title: "no data, by the client's fault and by the server's",
    body: { query: '{ declined broken }' },
    expected: { outcome: 'error', attributes: kept },
  },
  {
    title: 'a syntax error',
    body: { query: `query Fine { user(id: "${CANARY}") { ${CANARY}` },
    expected: { outcome: 'ok' },
    absent: nothing,
  },
  {
    title: 'a syntax error by GET',
    search: `?query=${encodeURIComponent(`{ ${CANARY}`)}&variables=${encodeURIComponent(`{"a":"${CANARY}"}`)}`,
    expected: { outcome: 'ok', attributes: { 'url.query': 'query=REDACTED&variables=REDACTED' } },
    absent: nothing,
  },
  {
    title: 'a field that does not exist',
    body: { query: `query Fine { user(id: 1) { ${CANARY} } }` },
    expected: { outcome: 'ok' },
    absent: exception,
  },
  {
    title: 'a variable of the wrong kind',
    body: { query: 'query Fine($id: ID!) { user(id: $id) { id } }', variables: { id: { [CANARY]: CANARY } } },
    expected: { outcome: 'ok' },
    absent: exception,
  },
  {
    title: 'an operation that the document does not have',
    body: { query: 'query A { user(id: 1) { id } } query B { user(id: 1) { id } }', operationName: CANARY },
    expected: { outcome: 'ok' },
    absent: nothing,
  },
];

/** For servers that take several operations at once. */
export const batch: Case = {
  title: 'a batch, by its first operation',
  body: [
    { query: 'query First { user(id: 1) { id } }' },
    { query: 'mutation Second { save(text: "a") }' },
    { query: 'query Third { broken }' },
  ],
  expected: {
    outcome: 'error',
    attributes: { ...operation('query', 'First'), ...kept, 'ferret.graphql_batch': true },
  },
};

/** For servers that send server-sent events. */
export const subscriptions: readonly Case[] = [
  {
    title: 'a subscription',
    body: { query: 'subscription Ticks { ticks }' },
    accept: 'text/event-stream',
    expected: { outcome: 'ok', attributes: operation('subscription', 'Ticks') },
    absent: exception,
  },
  {
    title: 'a subscription whose event fails',
    body: { query: 'subscription Failing { failing }' },
    accept: 'text/event-stream',
    expected: { outcome: 'error', attributes: { ...operation('subscription', 'Failing'), ...kept } },
  },
];

/** All that a client gets but the time. */
export async function ask(
  url: string,
  { body, search = '', accept = 'application/json', headers: own }: Case,
): Promise<string> {
  const answer = await fetch(`${url}${search}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { accept, 'content-type': 'application/json', connection: 'close', ...own },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const headers = [...answer.headers].filter(([name]) => name !== 'date').map((pair) => pair.join(': '));
  return [answer.status, ...headers, await answer.text()].join('\n');
}
