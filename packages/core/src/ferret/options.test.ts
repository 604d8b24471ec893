import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FerretError } from '../errors.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import type { FerretOptions } from './options.js';
import { resolveOptions } from './resolve-options.js';

const problem = (options: unknown, environment = {}) => {
  try {
    resolveOptions(options as FerretOptions, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(FerretError);
    expect((error as FerretError).code).toBe('INVALID_OPTION');
    return (error as FerretError).message;
  }
  throw new Error('the options were accepted');
};

describe('options', () => {
  it('are all optional', () => {
    expect(resolveOptions({}, {})).toMatchObject({
      database: resolve('ferret.db'),
      journal: 'wal',
      service: 'unknown_service:node',
      batchSize: 512,
      flushIntervalMillis: 500,
      maxQueueSize: 65_536,
      shutdownHooks: true,
      traceContext: 'continue',
      recordExceptions: false,
      maxAttributes: 128,
      maxAttributeLength: 1024,
      synchronous: 'normal',
    });
  });

  it('are completed key by key: an explicit undefined is an option not given', () => {
    const given = { batchSize: undefined, service: 'shop' } as unknown as FerretOptions;
    expect(resolveOptions(given, {})).toMatchObject({ batchSize: 512, service: 'shop' });
  });

  it('are copied and frozen', () => {
    const ignore = ['/health'];
    const resolved = resolveOptions({ ignore }, {});
    ignore.push('/metrics');
    expect(resolved.ignore).toEqual(['/health']);
    expect(Object.isFrozen(resolved)).toBe(true);
  });

  it('accept every name of the design', () => {
    expect(() =>
      resolveOptions(
        {
          database: 'a.db',
          service: 's',
          runId: 'r',
          batchSize: 1,
          flushIntervalMillis: 1,
          maxQueueSize: 100,
          ignore: [/x/g, () => true, '/a*'],
          maxSpansPerSecond: Number.POSITIVE_INFINITY,
          retention: { maxAgeDays: 1, maxSizeMegabytes: 1 },
          redact: { names: ['x'], allow: ['y'], replaceNames: false, redactor: (_name, value) => value },
          shutdownHooks: false,
          traceContext: 'restart',
          recordExceptions: true,
          onDiagnostic: () => {},
          headers: { request: ['X-Tenant'], response: [] },
          clientAddress: true,
          maxAttributes: 1,
          maxAttributeLength: 16,
          synchronous: 'full',
          sink: { write: async () => {}, close: async () => {} },
          spillTo: 'spans',
          alsoTo: [{ write: async () => {}, close: async () => {} }],
        },
        {},
      ),
    ).not.toThrow();
  });

  it('name a misspelt option and those there are', () => {
    expect(problem({ databse: 'x.db' })).toMatch(/no option databse.*database, service/);
    expect(problem({ retention: { maxAge: 1 } })).toMatch(/no option maxAge.*maxAgeDays/);
  });

  it.each([
    [{ batchSize: 0 }, /batchSize got 0, and accepts a whole number from 1 to 10000/],
    [{ batchSize: '512' }, /batchSize got "512"/],
    [{ batchSize: 1.5 }, /batchSize got 1.5/],
    [{ flushIntervalMillis: Number.NaN }, /flushIntervalMillis got NaN/],
    [
      { maxSpansPerSecond: -1 },
      /maxSpansPerSecond got -1, and accepts a number above 0 and up to 1000000, or Infinity/,
    ],
    [{ database: '' }, /database got "", and accepts the path of a file/],
    [{ database: 'a\0b' }, /database/],
    [{ service: 5 }, /service got 5/],
    [{ shutdownHooks: 'yes' }, /shutdownHooks got "yes", and accepts true or false/],
    [{ traceContext: 'drop' }, /traceContext got "drop", and accepts 'continue' or 'restart' or 'ignore'/],
    [{ ignore: 'health' }, /ignore got "health", and accepts a path/],
    [{ redact: [] }, /redact got a list, and accepts an object with names/],
    [{ redact: { names: [1] } }, /names got a list, and accepts a list of strings/],
    [{ onDiagnostic: {} }, /onDiagnostic got an object, and accepts a function/],
    [{ sink: () => {} }, /sink got a function, and accepts an object with write/],
    [{ spillTo: '' }, /spillTo got "", and accepts the path that spill files are named after/],
    [{ alsoTo: {} }, /alsoTo got an object, and accepts a list of objects with write/],
    [{ alsoTo: [{ write: async () => {} }] }, /alsoTo got a list/],
    [null, /options got null/],
    ['ferret.db', /options got "ferret.db", and accepts an object with database/],
  ])('refuse %j', (options, message) => {
    expect(problem(options)).toMatch(message);
  });

  it('P26: refuse a name that is none of a file', () => {
    for (const database of [':memory:', 'file:x?mode=memory']) {
      expect(problem({ database })).toMatch(/database is "(:memory:|file:x).*path of a file/);
    }
  });

  it('refuse a database that is a directory, naming it (FAULTS 9)', () => {
    const directory = temporaryDirectory();
    expect(problem({ database: directory })).toContain(directory);
  });
});

describe('the environment', () => {
  it('gives options that the code does not', () => {
    const environment = {
      FERRET_DATABASE: '/tmp/x.db',
      FERRET_BATCH_SIZE: '64',
      FERRET_SHUTDOWN_HOOKS: 'false',
      FERRET_IGNORE: '/health, /assets/*',
      FERRET_RETENTION: '{"maxAgeDays": 3}',
      FERRET_REDACT: '{"names": ["tax_id"]}',
      FERRET_MAX_SPANS_PER_SECOND: 'Infinity',
      FERRET_TRACE_CONTEXT: 'ignore',
      FERRET_RUN_ID: 'nightly',
    };
    expect(resolveOptions({ batchSize: 32 }, environment)).toMatchObject({
      database: '/tmp/x.db',
      batchSize: 32,
      shutdownHooks: false,
      ignore: ['/health', '/assets/*'],
      redact: { names: ['tax_id'] },
      traceContext: 'ignore',
      runId: 'nightly',
    });
  });

  it('is checked like the code, and named', () => {
    expect(problem({}, { FERRET_BATCH_SIZE: 'many' })).toMatch(
      /FERRET_BATCH_SIZE is "many", and accepts a whole number/,
    );
    expect(problem({}, { FERRET_RETENTION: '{' })).toMatch(/FERRET_RETENTION is "{"/);
    expect(problem({}, { FERRET_SHUTDOWN_HOOKS: 'maybe' })).toMatch(/FERRET_SHUTDOWN_HOOKS/);
  });

  it('names the service as OpenTelemetry does', () => {
    const resource = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=basket,team=a%20b,bad,=x,odd=%' };
    expect(resolveOptions({}, resource)).toMatchObject({
      service: 'basket',
      resource: { 'service.name': 'basket', team: 'a b' },
    });
    expect(resolveOptions({}, { ...resource, OTEL_SERVICE_NAME: 'cart' }).service).toBe('cart');
    expect(resolveOptions({ service: 'code' }, { ...resource, OTEL_SERVICE_NAME: 'cart' }).service).toBe('code');
  });
});
