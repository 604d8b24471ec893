import { type Observable, of } from 'rxjs';
import { expect, it } from 'vitest';
import { recorder } from '../recorder.fixture.js';
import { traceClient } from './trace-clients.js';
import { traceMessages } from './trace-messages.js';

type Hook = (transport: unknown, context: object, done: () => unknown) => unknown;

/** A server as Nest's for MQTT: topics fit a handler's wildcard. */
class Server {
  onProcessingStartHook: Hook | undefined;
  onProcessingEndHook: ((transport: unknown, context: object) => void) | undefined;
  readonly handlers = new Map([
    ['orders/+', Object.assign(() => {}, { isEventHandler: true })],
    ['{"cmd":"list"}', Object.assign(() => {}, { isEventHandler: false })],
  ]);
  setOnProcessingStartHook(hook: Hook) {
    this.onProcessingStartHook = hook;
  }
  setOnProcessingEndHook(hook: (transport: unknown, context: object) => void) {
    this.onProcessingEndHook = hook;
  }
  getHandlers() {
    return this.handlers;
  }
  getHandlerByPattern(pattern: string) {
    return this.handlers.get(pattern.startsWith('orders/') ? 'orders/+' : '{"cmd":"list"}') ?? null;
  }
}

it('names messages by the pattern of their handler, whatever their senders write', async () => {
  const { ferret, spans } = recorder();
  const server = new Server();
  const registry = {
    subscribe(next: (target: unknown) => void) {
      next(server);
      return { unsubscribe() {} };
    },
  };
  traceMessages({ getRpcTargetRegistry: () => registry }, () => ferret);
  for (const pattern of ['orders/1', 'orders/2', '{"cmd":"list"}', '{ "cmd" : "list" }']) {
    const context = { getPattern: () => pattern };
    server.onProcessingStartHook?.(0, context, () => {});
    server.onProcessingEndHook?.(0, context);
  }
  const names = (await spans(4)).map(({ name }) => name);
  expect(names).toEqual(['process orders/+', 'process orders/+', 'rpc {"cmd":"list"}', 'rpc {"cmd":"list"}']);
});

it('has the first patterns of requests in names, and subscribes to requests with any pattern', async () => {
  class Client {
    createObserver() {}
    send(_pattern: unknown): Observable<number> {
      return of(1);
    }
  }
  const client = new Client();
  traceClient(client);
  const { ferret, spans } = recorder();
  const circle: Record<string, unknown> = {};
  circle['circle'] = circle;
  const seen: number[] = [];
  ferret.measure('root', () => {
    for (const pattern of [
      'orders',
      circle,
      1n,
      'x'.repeat(1_000),
      ...Array.from({ length: 300 }, (_, id) => `o.${id}`),
    ])
      client.send(pattern).subscribe((value) => seen.push(value));
  });
  expect(seen).toHaveLength(304);
  const names = new Set((await spans()).map(({ name }) => name));
  expect(names).toContain('rpc orders');
  expect(names).toContain('rpc');
  expect(names.size).toBeLessThan(210);
  expect(Math.max(...[...names].map(({ length }) => length))).toBeLessThan(210);
});
