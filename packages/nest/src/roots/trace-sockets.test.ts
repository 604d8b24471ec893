import { runWith } from '@ferretjs/core/adapter';
import { lastValueFrom, type Observable, of, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { recorder } from '../recorder.fixture.js';
import { traceSockets } from './trace-sockets.js';

type Handler = { readonly message: unknown; readonly callback: (...args: unknown[]) => unknown };

/** An adapter as those of Nest are: it gets a gateway's handlers with each client. */
class LocalAdapter {
  handlers: readonly Handler[] = [];
  readonly calls: unknown[][] = [];
  bindMessageHandlers(...call: [client: unknown, handlers: readonly Handler[], ...more: unknown[]]) {
    this.handlers = call[1];
    this.calls.push(call);
    return 'bound';
  }
  receive(message: unknown, ...args: unknown[]) {
    return this.handlers.find((handler) => handler.message === message)?.callback(...args);
  }
}

/** Nest's configuration (`ApplicationConfig`). */
class Configuration {
  adapter: object | undefined;
  setIoAdapter(adapter: object) {
    this.adapter = adapter;
  }
  getIoAdapter() {
    return this.adapter;
  }
}

function start(handlers: readonly Handler[]) {
  const { ferret, spans } = recorder();
  const config = new Configuration();
  const adapter = new LocalAdapter();
  traceSockets(config, () => ferret);
  config.setIoAdapter(adapter);
  adapter.bindMessageHandlers('client', handlers);
  return { ferret, spans, config, adapter };
}

describe('messages of a gateway', () => {
  it('are a root each, with a trace of their own, and their answer is as it was', async () => {
    const callback = vi.fn(async (value: unknown) => [value]);
    const { ferret, spans, adapter } = start([{ message: 'double', callback: callback as Handler['callback'] }]);
    const request = ferret.start('request of the connection');
    expect(await runWith(request, () => adapter.receive('double', 4, 'ack'))).toEqual([4]);
    request.end();
    expect(callback).toHaveBeenCalledWith(4, 'ack');
    const [span, connection] = await spans(2);
    expect(span).toMatchObject({ name: 'ws double', kind: 'server', attributes: { 'nestjs.type': 'ws' } });
    expect(span?.parentId).toBeUndefined();
    expect(span?.traceId).not.toBe(connection?.traceId);
  });

  it('of handlers that throw or reject pass the same error on, and have it', async () => {
    const error = new RangeError('no');
    const { spans, adapter } = start([
      {
        message: 'throws',
        callback: () => {
          throw error;
        },
      },
      { message: 'rejects', callback: () => Promise.reject(error) },
    ]);
    expect(() => adapter.receive('throws')).toThrow(error);
    await expect(adapter.receive('rejects')).rejects.toBe(error);
    const named = (await spans(2)).map(({ name, errorType }) => [name, errorType]);
    expect(named).toEqual([
      ['ws throws', 'RangeError'],
      ['ws rejects', 'RangeError'],
    ]);
  });

  it('of handlers that return an observable last until it has ended, one span a subscription', async () => {
    const { spans, adapter } = start([
      { message: 'stream', callback: async () => of(1, 2, 3) },
      { message: 'broken', callback: async () => throwError(() => new RangeError('half of it')) },
    ]);
    const stream = (await adapter.receive('stream')) as Observable<number>;
    expect(await lastValueFrom(stream)).toBe(3);
    expect(await lastValueFrom(stream)).toBe(3);
    await expect(lastValueFrom((await adapter.receive('broken')) as Observable<number>)).rejects.toThrow(RangeError);
    const named = (await spans(3)).map(({ name, errorType }) => [name, errorType]);
    expect(named).toEqual([
      ['ws stream', undefined],
      ['ws stream', undefined],
      ['ws broken', 'RangeError'],
    ]);
  });

  it('of handlers that return at once, or have objects as names, are recorded', async () => {
    const pattern = { cmd: 'double' };
    const { spans, adapter } = start([
      { message: pattern, callback: () => 8 },
      { message: 7n, callback: () => 9 },
    ]);
    expect([adapter.receive(pattern), adapter.receive(7n)]).toEqual([8, 9]);
    expect((await spans(2)).map(({ name }) => name)).toEqual(['ws {"cmd":"double"}', 'ws']);
  });

  it('are called with the same `this`, and without a Ferret as well', () => {
    const config = new Configuration();
    const adapter = new LocalAdapter();
    traceSockets(config, () => undefined);
    config.setIoAdapter(adapter);
    const handler = {
      message: 'self',
      callback(this: unknown) {
        return this;
      },
    };
    expect(adapter.bindMessageHandlers('client', [handler], 'transform')).toBe('bound');
    expect(adapter.calls[0]?.[2]).toBe('transform');
    expect(adapter.receive('self')).toBe(adapter.handlers[0]);
  });

  it('of which a Ferret makes no further span keep the first one', async () => {
    const { ferret, spans } = recorder();
    const config = new Configuration();
    config.adapter = new LocalAdapter();
    let isOpen = true;
    traceSockets(config, () => (isOpen ? ferret : undefined));
    const adapter = config.adapter as LocalAdapter;
    adapter.bindMessageHandlers('client', [{ message: 'stream', callback: async () => of(1) }]);
    const stream = (await adapter.receive('stream')) as Observable<number>;
    expect(await lastValueFrom(stream)).toBe(1);
    isOpen = false;
    expect(await lastValueFrom(stream)).toBe(1);
    expect(await spans()).toHaveLength(1);
  });
});

describe('traceSockets', () => {
  it('traces an adapter once', async () => {
    const { spans, config, adapter } = start([]);
    config.setIoAdapter(adapter);
    adapter.bindMessageHandlers('client', [{ message: 'once', callback: () => 1 }]);
    adapter.receive('once');
    expect(await spans()).toHaveLength(1);
  });

  it('hands on handlers of another shape as they are', () => {
    const { adapter } = start([]);
    for (const handlers of [[null], 'text', undefined, new Map()]) {
      expect(adapter.bindMessageHandlers('client', handlers as never)).toBe('bound');
      expect(adapter.handlers).toBe(handlers);
    }
  });

  it('leaves alone what is no adapter, and adapters that are frozen', () => {
    const config = new Configuration();
    traceSockets(config, () => undefined);
    const frozen = Object.freeze({ bindMessageHandlers: () => 'frozen' });
    for (const adapter of [undefined, null, {}, { bindMessageHandlers: 1 }, frozen]) {
      expect(() => config.setIoAdapter(adapter as object)).not.toThrow();
      expect(config.adapter).toBe(adapter);
    }
    expect(frozen.bindMessageHandlers()).toBe('frozen');
    const older = { setIoAdapter: vi.fn() };
    expect(() => traceSockets(older, () => undefined)).not.toThrow();
  });
});
