import { tracingChannel } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { channels } from '../channels.js';
import type { HookWay, Library } from '../library.js';
import { express } from './express.js';
import { graphql } from './graphql/graphql.js';
import { redisClient } from './redis/redis-client.js';
import { below } from './request.fixture.js';

function patch(library: Library, file: string, exports: unknown): void {
  const way = library.ways.find((each): each is HookWay => each.how === 'hook' && each.file === file);
  way?.patch(exports, { name: library.name, version: '0.0.0', directory: '' });
}

const summaryOf = (spans: Awaited<ReturnType<typeof below>>) =>
  spans.map(({ name, errorType }) => (errorType === undefined ? name : `${name} ! ${errorType}`));

const operation = (name?: string) => ({
  kind: 'OperationDefinition',
  operation: 'query',
  ...(name !== undefined && { name: { value: name } }),
});
const document = { definitions: [operation('A'), operation('B'), { kind: 'FragmentDefinition' }] };

it('graphql 16: an execution, at once or later, with the exception of a resolver', async () => {
  const exports = { execute: (args: { result?: unknown }): unknown => args.result };
  patch(graphql, 'execution/execute.js', exports);
  const failed = { errors: [{}, { path: ['a'], originalError: new RangeError('secret') }] };
  const clients = { errors: [{ path: ['a'], originalError: new Error('a'), extensions: { code: 'FORBIDDEN' } }] };
  const run = (args: object) => exports.execute({ document, operationName: 'A', ...args } as { result?: unknown });
  const spans = await below(async () => {
    expect(run({ result: failed })).toBe(failed);
    expect(await run({ result: Promise.resolve(clients) })).toBe(clients);
    await expect(run({ result: Promise.reject(new TypeError('down')) })).rejects.toThrow('down');
    run({ document: { definitions: [operation()] } });
    for (const unknown of [{}, { definitions: [] }]) run({ document: unknown });
  });
  expect(summaryOf(spans)).toEqual(['query A ! RangeError', 'query A', 'query A ! TypeError', 'query']);
});

it('graphql 17: the same by its channel', async () => {
  const [way] = graphql.ways;
  if (way?.how === 'channel') way.subscribe(channels);
  const channel = tracingChannel('graphql:execute');
  const spans = await below(async () => {
    const now = { document, operationName: 'B' };
    channel.start.publish(now);
    channel.end.publish(Object.assign(now, { result: {} }));
    const later = { document, operationName: 'A' };
    channel.start.publish(later);
    channel.end.publish(later);
    channel.asyncEnd.publish(
      Object.assign(later, { result: { errors: [{ path: [], originalError: new Error('') }] } }),
    );
    const thrown = { document, operationName: 'A', error: 'no error' };
    channel.start.publish(thrown);
    channel.error.publish(thrown);
    channel.end.publish(thrown);
  });
  expect(summaryOf(spans)).toEqual(['query B', 'query A ! Error', 'query A ! string']);
});

it('express: a view that is rendered, or not', async () => {
  type Done = (error?: unknown, text?: string) => void;
  const application = {
    render(name: string, options: unknown, done?: Done): void {
      if (name === 'thrown') throw new TypeError('secret');
      (typeof options === 'function' ? (options as Done) : done)?.(name === 'broken' ? 'a text' : null, name);
    },
  };
  patch(express, 'lib/application.js', application);
  const seen: unknown[] = [];
  const spans = await below(() => {
    application.render('home', {}, (_, text) => seen.push(text));
    application.render('home', (_: unknown, text: string) => seen.push(text));
    application.render('broken', {}, (error) => seen.push(error));
    application.render('home', {});
    expect(() => application.render('thrown', {}, () => {})).toThrow('secret');
  });
  expect(seen).toEqual(['home', 'home', 'a text']);
  expect(summaryOf(spans)).toEqual([
    'view.render home',
    'view.render home',
    'view.render broken ! string',
    'view.render thrown ! TypeError',
  ]);
});

it('@redis/client before 5.12: commands by the queue of a client, with its server', async () => {
  class Queue {
    addCommand(args: unknown, _options?: object): unknown {
      if (!Array.isArray(args)) return 7;
      return args[0] === 'INCR' ? Promise.reject(new Error('ERR secret')) : Promise.resolve('value');
    }
    getPubSubListeners(): void {}
  }
  class Client {
    readonly queue = new Queue();
    readonly options: object | undefined;
    constructor(options?: object) {
      this.options = options;
    }
    getPubSubListeners(): void {
      if (this.options === undefined) throw new Error('closed');
      this.queue.getPubSubListeners();
    }
    connect(): void {}
  }
  patch(redisClient, 'dist/lib/client/commands-queue.js', { default: Queue });
  patch(redisClient, 'dist/lib/client/index.js', { default: Client });
  const spans = await below(async () => {
    const clients = [
      { database: 3 },
      { socket: { host: 'cache', port: 1 } },
      { socket: { path: '/redis' } },
      undefined,
    ];
    for (const options of clients) {
      const client = new Client(options);
      client.connect();
      await client.queue.addCommand(['GET', 'secret']);
    }
    const { queue } = new Client();
    await expect(queue.addCommand(['INCR', 'secret'])).rejects.toThrow('ERR secret');
    await queue.addCommand(['SELECT', '3'], { asap: true });
    expect(queue.addCommand('no list')).toBe(7);
  });
  expect(summaryOf(spans)).toEqual(['GET', 'GET', 'GET', 'GET', 'INCR ! Error']);
  expect(spans.map(({ attributes }) => [attributes['server.address'], attributes['server.port']])).toEqual([
    ['localhost', 6379],
    ['cache', 1],
    ['/redis', undefined],
    [undefined, undefined],
    [undefined, undefined],
  ]);
});
