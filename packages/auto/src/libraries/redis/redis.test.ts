import { tracingChannel } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { channels } from '../../channels.js';
import { below } from '../request.fixture.js';
import { ioredis } from './ioredis.js';
import { redisClient } from './redis-client.js';

const [, patchIoredis] = ioredis.ways.map((way) => (way.how === 'hook' ? way.patch : undefined));
const [channel] = redisClient.ways;
if (channel?.how === 'channel') channel.subscribe(channels);

/** A client as ioredis has it, which answers at once. */
class Client {
  options = { host: 'cache', port: 6379, db: 3 };
  status = 'ready';
  sendCommand(command: { resolve?: (value: unknown) => void; reject?: (error: Error) => void; fails?: Error }): void {
    if (command.fails === undefined) command.resolve?.('value');
    else command.reject?.(command.fails);
  }
}
patchIoredis?.({ default: Client }, { name: 'ioredis', version: '5.0.0', directory: '' });

const command = (name: unknown, ...args: unknown[]) => ({ name, args, resolve: () => {}, reject: () => {} });

it('ends a command of ioredis with its answer, once', async () => {
  const client = new Client();
  const get = command('get', 'key');
  const spans = await below(() => {
    client.sendCommand(get);
    client.sendCommand(get);
    client.sendCommand(Object.assign(command('lpush', 'key'), { fails: named('ReplyError', 'WRONGTYPE secret') }));
  });
  expect(spans).toMatchObject([
    { name: 'GET', attributes: { 'db.namespace': '3', 'server.address': 'cache', 'server.port': 6379 } },
    { name: 'LPUSH', errorType: 'WRONGTYPE' },
  ]);
});

it("leaves out ioredis's own commands, and ends the span of one of another shape at once", async () => {
  const client = new Client();
  const spans = await below(() => {
    client.sendCommand(command('hello', 3));
    client.sendCommand(command('client', 'SETINFO', 'LIB-NAME'));
    Object.assign(client, { status: 'connect' }).sendCommand(command('info'));
    client.sendCommand({ name: 'a b\n', args: [] } as object);
    client.sendCommand(Object.freeze({ name: 'get' }) as object);
  });
  expect(spans.map(({ name }) => name)).toEqual(['redis']);
});

it('hears commands and batches of node-redis', async () => {
  const commands = tracingChannel<string, object>('node-redis:command');
  const batches = tracingChannel<string, object>('node-redis:batch');
  const where = { database: 1, serverAddress: 'cache', serverPort: 6379 };
  const spans = await below(async () => {
    await commands.tracePromise(async () => 1, { command: 'GET', args: ['GET', 'key'], ...where });
    await commands.tracePromise(async () => 1, { command: 'SET', args: ['SET', 'key', '?'], ...where });
    await commands.tracePromise(async () => 1, { command: 'SET', batchMode: 'PIPELINE', ...where });
    await batches.tracePromise(async () => 1, { batchMode: 'PIPELINE', batchSize: 3, ...where });
    const failing = Promise.reject(named('SimpleError', 'ERR secret'));
    await commands.tracePromise(() => failing, { command: 'INCR' }).catch(() => {});
  });
  expect(spans).toMatchObject([
    { name: 'GET', attributes: { 'ferret.params': expect.any(Number) } },
    { name: 'SET' },
    { name: 'PIPELINE', attributes: { 'db.operation.batch.size': 3 } },
    { name: 'INCR', errorType: 'ERR', attributes: { 'exception.message': '' } },
  ]);
  expect(spans[1]?.attributes).not.toHaveProperty('ferret.params');
});

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
