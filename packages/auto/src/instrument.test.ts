import { hasSubscribers } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { Server } from 'node:net';
import { FerretError } from '@ferretjs/core';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { undoAll } from './undo.js';

/** The state that `globalThis` has, which a test file of Jest starts without. */
const STATE = ['libraries', 'left-out', 'routes', 'preparations', 'propagation', 'announcement', 'patched'];

async function freshInstrument() {
  for (const name of STATE) Reflect.deleteProperty(globalThis, Symbol.for(`ferretjs@0.auto.${name}`));
  vi.resetModules();
  return (await import('./instrument.js')).instrument;
}

const emit = () => Object.getOwnPropertyDescriptor(Server.prototype, 'emit')?.value;

beforeEach(() => undoAll());
afterAll(() => undoAll());

describe('instrument()', () => {
  it('returns what is instrumented, with the ways to see it', async () => {
    const instrument = await freshInstrument();
    expect(instrument({ only: ['koa', 'http-server'] })).toEqual([
      { library: 'http-server', ways: [{ how: 'node', part: 'http server' }] },
      { library: 'koa', ways: [{ how: 'hook', package: 'koa', versions: '>=2.1 <4' }] },
    ]);
  });

  it('leaves out what except names', async () => {
    const instrument = await freshInstrument();
    const names = instrument({ except: ['koa', 'undici'] }).map(({ library }) => library);
    expect(names).toContain('express');
    expect(names).not.toContain('koa');
    expect(hasSubscribers('undici:request:create')).toBe(false);
  });

  it('refuses names that it does not know, and does nothing then', async () => {
    const instrument = await freshInstrument();
    expect(() => instrument({ only: ['expresss'] })).toThrow(/"expresss", and accepts the names http-server, express/);
    expect(emit()).toBeUndefined();
    expect(FerretError).toBeDefined();
  });

  it('instruments once, and adds what a later call asks for', async () => {
    const instrument = await freshInstrument();
    instrument({ only: ['http-server'] });
    const first = emit();
    expect(instrument({ only: ['undici'] }).map(({ library }) => library)).toEqual(['http-server', 'undici']);
    instrument();
    expect(emit()).toBe(first);
  });

  it('takes back what a test file of Jest before it has done', async () => {
    const { emit: own } = Server.prototype;
    (await freshInstrument())();
    const earlier = emit();
    (await freshInstrument())();
    expect(emit()).not.toBe(earlier);
    undoAll();
    expect(Server.prototype.emit).toBe(own);
    expect(hasSubscribers('undici:request:create')).toBe(false);
  });

  it('leaves events of a server as they are', async () => {
    (await freshInstrument())({ only: ['http-server'] });
    const server = createServer();
    const seen: unknown[] = [];
    const listener = function (this: unknown, ...args: unknown[]) {
      seen.push(this === server, args);
    };
    server.on('request', listener as never);
    server.on('custom', listener);
    expect([server.emit('request', 'no request' as never, 1 as never), server.emit('custom', 1, 2)]).toEqual([
      true,
      true,
    ]);
    expect(server.emit('nobody')).toBe(false);
    expect(seen).toEqual([true, ['no request', 1], true, [1, 2]]);
    expect(server.listeners('request')).toEqual([listener]);
  });
});
