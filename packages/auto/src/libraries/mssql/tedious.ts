import { currentSpan } from '@ferretjs/core';
import { type Leaf, runWith, startLeaf } from '@ferretjs/core/adapter';
import { type Server, startQuery } from '../../database/query-leaf.js';
import { reportFault } from '../../fault.js';
import type { Library } from '../../library.js';
import { type Method, wrapKnownMethod } from '../../wrap-method.js';
import { type Config, failRequest, serverOf } from './server.js';

/** The client of SQL Server, and so all that mssql, Sequelize, TypeORM and knex do by it. */
export const tedious: Library = {
  name: 'tedious',
  ways: [{ how: 'hook', package: 'tedious', versions: '>=16 <21', file: 'lib/connection.js', patch }],
};

interface Connection {
  readonly config?: Config;
}

/** A request, or a bulk load. */
interface Request {
  readonly sqlTextOrProcedure?: unknown;
  readonly parameters?: unknown;
  /** The table of a bulk load. */
  readonly table?: unknown;
  callback?: unknown;
}

/** Methods whose request has no SQL, or not only that. The operation is in OpenTelemetry's `db.operation.name`. */
const OPERATIONS: Readonly<Record<string, string>> = {
  callProcedure: 'EXECUTE',
  prepare: 'PREPARE',
  unprepare: 'UNPREPARE',
  beginTransaction: 'BEGIN TRANSACTION',
  commitTransaction: 'COMMIT TRANSACTION',
  rollbackTransaction: 'ROLLBACK TRANSACTION',
  saveTransaction: 'SAVE TRANSACTION',
};

/** The known part of the request that a method is about to make. */
interface Pending {
  readonly operation?: string | undefined;
  readonly values?: unknown;
}

let pending: Pending = {};

/**
 * Every request goes through `makeRequest`; the methods before it know what kind it is. It is wrapped last: where
 * another one is missing, nothing is seen.
 */
function patch(exports: unknown): void {
  const Connection = (exports as { default?: unknown }).default ?? exports;
  const { prototype } = Connection as { prototype?: unknown };
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    wrapKnownMethod(prototype, name, (original) => during(original, () => ({ operation })));
  }
  wrapKnownMethod(prototype, 'execute', (original) => during(original, ([, values]) => ({ values })));
  wrapKnownMethod(prototype, 'makeRequest', aroundRequest);
}

function during(original: Method, describe: (args: readonly unknown[]) => Pending): Method {
  return function (this: unknown, ...args) {
    const outer = pending;
    pending = describe(args);
    try {
      return original.apply(this, args);
    } finally {
      pending = outer;
    }
  };
}

function aroundRequest(original: Method): Method {
  return function makeRequest(this: unknown, ...args: unknown[]) {
    const request = args[0] as Request | undefined;
    const known = pending;
    // The request may fail at once, and its callback make another one.
    pending = {};
    const restore = watch(request, start(this as Connection, request, known));
    try {
      return original.apply(this, args);
    } catch (error) {
      restore?.(error);
      throw error;
    }
  };
}

function start(connection: Connection, request: Request | undefined, known: Pending): Leaf | undefined {
  try {
    if (currentSpan() === undefined || typeof request !== 'object' || request === null) return undefined;
    const server = serverOfConnection(connection);
    if (known.operation !== undefined) return startOperation(known.operation, procedureOf(request, known), server);
    const { sqlTextOrProcedure: text, table } = request;
    if (typeof text === 'string')
      return startQuery('microsoft.sql_server', text, known.values ?? valuesOf(request), server);
    return startOperation('BULK', typeof table === 'string' ? table.replaceAll(/[[\]]/g, '') : undefined, server);
  } catch (error) {
    reportFault('the instrumentation of tedious', error);
    return undefined;
  }
}

const MAX_NAME = 255;

function procedureOf({ sqlTextOrProcedure: name }: Request, { operation }: Pending): string | undefined {
  return operation === 'EXECUTE' && typeof name === 'string' ? name : undefined;
}

function startOperation(operation: string, target: string | undefined, server: Server): Leaf | undefined {
  const name = target?.slice(0, MAX_NAME);
  return startLeaf(name === undefined ? operation : `${operation} ${name}`, 'client', {
    'db.system.name': 'microsoft.sql_server',
    'db.namespace': server['db.namespace'],
    'server.address': server['server.address'],
    'server.port': server['server.port'],
    'db.operation.name': operation,
    ...(operation === 'EXECUTE' ? { 'db.stored_procedure.name': name } : { 'db.collection.name': name }),
  });
}

function valuesOf({ parameters }: Request): unknown {
  if (!Array.isArray(parameters) || parameters.length === 0) return undefined;
  return parameters.map((parameter: { readonly value?: unknown } | null) => parameter?.value);
}

const servers = new WeakMap<object, Server>();

function serverOfConnection({ config }: Connection): Server {
  if (typeof config !== 'object' || config === null) return {};
  const known = servers.get(config);
  if (known !== undefined) return known;
  const server = serverOf(config);
  servers.set(config, server);
  return server;
}

/**
 * Has the request's callback end its span, and run in the context of the call: tedious calls it in that of whoever
 * opened the connection. A request may be used again, so that it gets its own callback back first.
 *
 * @returns how to give it back, where the request could not be made
 */
function watch(request: Request | undefined, leaf: Leaf | undefined): ((error: unknown) => void) | undefined {
  const callback = request?.callback;
  if (request === undefined || typeof callback !== 'function') {
    leaf?.end();
    return undefined;
  }
  const span = currentSpan();
  const giveBack = (error: unknown) => {
    request.callback = callback;
    if (leaf === undefined) return;
    if (error !== undefined && error !== null) failRequest(leaf, error);
    else leaf.end();
  };
  request.callback = function (this: unknown, ...answer: unknown[]) {
    giveBack(answer[0]);
    return runWith(span, () => callback.apply(this, answer) as unknown);
  };
  return giveBack;
}
