// Scenarios of `graphql`, or of the version that the environment names.

import { createRequire } from 'node:module';

const name = process.env.PACKAGE ?? 'graphql';
const isCommonJs = process.env.FORMAT === 'commonjs';
const { buildSchema, execute, graphql, GraphQLError, parse } = isCommonJs
  ? createRequire(import.meta.url)(name)
  : await import(name);

const CANARY = 'cAnArY-4711';

class DatabaseDown extends Error {}

export async function open() {
  const schema = buildSchema('type Query { user(name: String!): String broken: String refused: String late: String }');
  const rootValue = {
    user: ({ name: who }) => who.length,
    broken: () => {
      throw new DatabaseDown(`"${CANARY}" went wrong`);
    },
    refused: () => {
      throw new GraphQLError('log in first', { extensions: { code: 'UNAUTHENTICATED' } });
    },
    late: async () => 'late',
  };
  const run = (source, more) => graphql({ schema, source, rootValue, ...more });
  const scenarios = {
    named: (note) => {
      const promise = run(`query FindUser { user(name: "${CANARY}") } # ${CANARY}`);
      note('promise', [promise.constructor.name, Object.keys(promise)]);
      return promise.then(strip);
    },
    variables: () =>
      run('query FindUser($name: String!) { user(name: $name) }', { variableValues: { name: CANARY } }).then(strip),
    anonymous: () => run(`{ user(name: "${CANARY}") }`).then(strip),
    several: () => run('query A { late } query B { broken }', { operationName: 'A' }).then(strip),
    broken: () => run('query Broken { broken late }').then(strip),
    refused: () => run('query Refused { refused }').then(strip),
    wrong: () =>
      run('query Wrong($name: String!) { user(name: $name) }', { variableValues: { name: [CANARY] } }).then(strip),
    invalid: () => run(`query Invalid { ${CANARY.replace('-', '')} }`).then(strip),
    synchronous: (note) => {
      const result = execute({ schema, document: parse('query Sync { user(name: "a") }'), rootValue });
      note('result', strip(result));
    },
    misuse: (note) => {
      for (const wrong of [undefined, {}, { schema }, { schema, document: 7 }]) {
        try {
          note('returned', strip(execute(wrong)));
        } catch (error) {
          note('threw', [error.constructor.name, error.message]);
        }
      }
    },
  };
  return { scenarios, close() {} };
}

function strip({ data, errors, ...more }) {
  return { data, errors: errors?.map(({ message, path, extensions }) => ({ message, path, extensions })), ...more };
}
