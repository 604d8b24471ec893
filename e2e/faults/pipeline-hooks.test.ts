import type { Ferret, FerretOptions } from '@ferretjs/core';
import { annotate, ferret } from '@ferretjs/express';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { runScript } from '../child.js';
import { request } from '../contract/exchange.js';
import { ENDED_WELL } from './invariants.js';
import { servePair } from './pair.js';

/** Misbehaviours of a function that was to answer at once. */
const FAULTS = {
  throws: () => {
    throw new Error('my bug');
  },
  'throws nothing at all': () => {
    throw undefined;
  },
  rejects: async () => {
    await Promise.resolve();
    throw new Error('my bug');
  },
  'rejects at once': () => Promise.reject(new Error('my bug')),
  hangs: () => new Promise(() => {}),
  'returns a thenable that throws': () => ({
    get then() {
      throw new Error('my bug');
    },
  }),
};

/** Every function that an application gives to Ferret. */
const HOOKS: Record<
  string,
  (fault: () => never) => { options?: FerretOptions; name?: () => string; attributes?: () => object }
> = {
  ignore: (fault) => ({ options: { ignore: fault } }),
  'one of several of ignore': (fault) => ({ options: { ignore: ['/nowhere', fault] } }),
  'redact.redactor': (fault) => ({ options: { redact: { redactor: fault } } }),
  'a name given to wrap()': (fault) => ({ name: fault }),
  'annotate() of a route': (fault) => ({ attributes: fault }),
};

function build(instance: Ferret | undefined, name: () => string, attributes: () => object) {
  const app = express();
  const find = async (id: string) => ({ id });
  const work = instance === undefined ? find : instance.wrap(name, find);
  if (instance !== undefined) app.use(ferret(instance));
  if (instance !== undefined) app.use(annotate(attributes as never));
  app.get('/users/:id', async (incoming, response) => void response.json(await work(incoming.params.id)));
  return app;
}

describe.each(Object.entries(HOOKS))('%s', (hook, use) => {
  it.each(Object.entries(FAULTS))(`28 a. ${hook} %s: the request is unaffected, and recorded`, async (_what, fault) => {
    const { options = {}, name = () => 'find', attributes = () => ({}) } = use(fault as () => never);
    const { exchange, rows, diagnostics } = await servePair((instance) => build(instance, name, attributes), options);
    for (let id = 1; id <= 3; id++) expect(await exchange(request('GET', `/users/${id}`))).toContain(`{"id":"${id}"}`);
    expect(await rows(6)).toMatchObject(
      [1, 2, 3].flatMap(() => [
        { name: 'GET /users/:id', outcome: 'ok' },
        { kind: 'internal', outcome: 'ok' },
      ]),
    );
    for (const { code } of diagnostics) expect(code).toBe('HOOK_FAILED');
  });
});

it.each(Object.entries(FAULTS))(
  '28 b. onDiagnostic %s: the request is unaffected, and recorded',
  async (_what, fault) => {
    let calls = 0;
    const onDiagnostic = () => {
      calls++;
      return fault() as never;
    };
    const options = { onDiagnostic, ignore: FAULTS.throws };
    const { exchange, rows } = await servePair(
      (instance) =>
        build(
          instance,
          () => 'find',
          () => ({}),
        ),
      options,
    );
    for (let id = 1; id <= 3; id++) await exchange(request('GET', `/users/${id}`));
    await rows(6);
    expect(calls).toBe(1);
  },
);

it('28 c. all of them fail in a process of its own: it ends as it would', async () => {
  const end = await runScript(
    `const fault = async () => { throw new Error('my bug'); };
     const ferret = createFerret({ ...options, ignore: fault, redact: { redactor: fault }, onDiagnostic: fault });
     const find = ferret.wrap(fault, () => 42);
     for (let i = 0; i < 100; i++) if (find() !== 42) throw new Error('changed');
     ferret.start('work', { attributes: { a: 1 } }).end();
     const { complete, ledger } = await ferret.close();
     if (!complete || ledger.stored !== 101) throw new Error(JSON.stringify(ledger));`,
  );
  expect(end).toMatchObject({ ...ENDED_WELL, stderr: '' });
});
