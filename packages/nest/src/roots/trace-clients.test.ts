import { runWith } from '@ferretjs/core/adapter';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { firstValueFrom, lastValueFrom, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { recorder } from '../recorder.fixture.js';
import { traceClient, traceClients } from './trace-clients.js';

/** A client without a wire: what it sends, it answers. */
class LocalClient extends ClientProxy {
  readonly packets: (ReadPacket & { metadata?: Record<string, unknown> })[] = [];
  connect() {
    return Promise.resolve();
  }
  close() {}
  unwrap() {
    return undefined as never;
  }
  protected publish(packet: ReadPacket, callback: (answer: WritePacket) => void) {
    this.packets.push(packet);
    if (packet.pattern === 'broken') callback({ err: new RangeError('no') });
    else callback({ response: packet.data, isDisposed: true });
    return () => {};
  }
  protected dispatchEvent(packet: ReadPacket) {
    this.packets.push(packet);
    return Promise.resolve(packet.data as never);
  }
}

const moduleOf = (...instances: unknown[]) => ({
  controllers: new Map(),
  providers: new Map(instances.map((instance, index) => [index, { instance }])),
});

describe('clients of the modules', () => {
  it('make a span of each request, and send its traceparent along', async () => {
    const { ferret, spans } = recorder();
    const client = new LocalClient();
    traceClients([moduleOf(client, undefined, 'a value')]);
    traceClients([moduleOf(client)]);
    await ferret.measure('root', async () => {
      const double = client.send('double', 4);
      expect(await lastValueFrom(double)).toBe(4);
      expect(await lastValueFrom(client.send({ cmd: 'double' }, 5))).toBe(5);
    });
    const [text, object, root] = await spans(3);
    expect(text).toMatchObject({
      name: 'rpc double',
      kind: 'client',
      parentId: root?.spanId,
      attributes: { 'rpc.system.name': 'nestjs', 'rpc.method': 'double' },
    });
    expect(object?.name).toBe('rpc {"cmd":"double"}');
    expect(client.packets[0]?.metadata?.['traceparent']).toContain(`${root?.traceId}-${text?.spanId}`);
    expect(client.packets[0]?.metadata).not.toHaveProperty('tracestate');
  });

  it('pass the error of an answer on, and record it', async () => {
    const { ferret, spans } = recorder();
    const client = new LocalClient();
    traceClient(client);
    await ferret.measure('root', () => expect(lastValueFrom(client.send('broken', 1))).rejects.toThrow(RangeError));
    expect((await spans(2))[0]).toMatchObject({ name: 'rpc broken', errorType: 'RangeError' });
  });

  it('send tracestate of the caller along, and keep metadata of the application', async () => {
    const { ferret } = recorder();
    const client = new LocalClient();
    traceClient(client);
    client.setOnDispatchHook?.((packet) => {
      Reflect.set(packet, 'metadata', { tenant: 'a' });
    });
    const parent = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      flags: 1,
      tracestate: 'vendor=1',
      isRemote: true as const,
    };
    const root = ferret.start('root', { parent });
    await runWith(root, () => firstValueFrom(client.emit('created', 1)));
    root.end();
    expect(client.packets[0]?.metadata).toMatchObject({ tenant: 'a', tracestate: 'vendor=1' });
    expect(client.packets[0]?.metadata?.['traceparent']).toContain('a'.repeat(32));
  });

  it('send nothing along outside of a span, nor with packets that are frozen', async () => {
    const { ferret, spans } = recorder();
    const client = new LocalClient();
    traceClient(client);
    expect(await lastValueFrom(client.send('double', 4))).toBe(4);
    client.setOnDispatchHook?.((packet) => Object.freeze(packet));
    expect(await ferret.measure('root', () => lastValueFrom(client.send('double', 5)))).toBe(5);
    expect(client.packets.map(({ metadata }) => metadata)).toEqual([undefined, undefined]);
    expect((await spans(2)).map(({ name }) => name)).toEqual(['rpc double', 'root']);
  });

  it('answer requests with patterns that have no name', async () => {
    const { ferret, spans } = recorder();
    const client = new LocalClient();
    traceClient(client);
    await ferret.measure('root', async () => {
      expect(await lastValueFrom(client.send(7n, 1))).toBe(1);
      expect(await lastValueFrom(client.send(Symbol('own'), 2))).toBe(2);
      await expect(lastValueFrom(client.send(undefined, 3))).rejects.toThrow();
    });
    expect((await spans(4)).map(({ name }) => name)).toEqual(['rpc', 'rpc', 'rpc', 'root']);
  });
});

describe('traceClient', () => {
  /** A client as an older Nest has it, or something alike. */
  const classOf = (members: object) => {
    class Client {}
    Object.assign(Client.prototype, members);
    return Client;
  };

  it('leaves alone what is no client', () => {
    const send = () => 'sent';
    for (const members of [{}, { send }, { createObserver: send }, { setOnDispatchHook: send }]) {
      const type = classOf(members);
      traceClient(new type());
      expect(Object.getOwnPropertySymbols(type.prototype)).toEqual([]);
      for (const [key, value] of Object.entries(members)) expect(Reflect.get(type.prototype, key)).toBe(value);
    }
    for (const value of [undefined, null, 1, 'text', Object.create(null)])
      expect(() => traceClient(value)).not.toThrow();
    const noMethod = classOf({ send: 1, createObserver: send });
    traceClient(new noMethod());
    expect(Reflect.get(noMethod.prototype, 'send')).toBe(1);
  });

  it('survives proxies that throw and classes that are frozen', () => {
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('no');
        },
      },
    );
    expect(() => traceClient(hostile)).not.toThrow();
    const send = () => 'sent';
    const frozen = classOf({ send, createObserver: send });
    Object.freeze(frozen.prototype);
    expect(() => traceClient(new frozen())).not.toThrow();
    expect(Reflect.get(frozen.prototype, 'send')).toBe(send);
  });

  it('takes clients without packets, and passes on what is no cold observable', () => {
    const hot = new Subject();
    const type = classOf({ send: (pattern: unknown) => (pattern === 'hot' ? hot : pattern), createObserver() {} });
    const client = new type() as unknown as { send(pattern: unknown): unknown; createPacket?: unknown };
    traceClient(client);
    expect(client.send('hot')).toBe(hot);
    expect(client.send('plain')).toBe('plain');
    expect(client.createPacket).toBeUndefined();
  });
});
