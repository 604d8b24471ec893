import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoValue, namesOf, type Run, runScenarios, spansOf, treeOf } from '../databases/run.js';
import type { Service } from '../services/program.js';
import { rabbitmq } from '../services/rabbitmq.js';
import { consumedOf, consumersOf, linksOf } from './run.js';

const matrix = [
  { name: 'amqplib', format: 'esm' },
  { name: 'amqplib-0-10', format: 'commonjs' },
] as const;

describe.skipIf(rabbitmq === undefined)('with RabbitMQ', () => {
  let server: Service | undefined;
  beforeAll(async () => {
    server = await rabbitmq?.start();
  }, 120_000);
  afterAll(() => server?.stop());

  describe.each(matrix)('$name from $format', ({ name, format }) => {
    const client = (environment = {}) => ({
      client: '../messaging/amqplib',
      package: name,
      port: server?.port ?? 0,
      environment: { FORMAT: format, ...environment },
    });
    let without: Run;
    let run: Run;

    beforeAll(async () => {
      without = await runScenarios(client(), false);
      run = await runScenarios(client(), true);
    }, 120_000);

    it('FAULTS 65: works as without Ferret, field by field', () => {
      expect(run.observed).toEqual(without.observed);
      expect(run.unhandled).toEqual(without.unhandled);
      expect(run.stderr).toBe(without.stderr);
    });

    it('FAULTS 63: stores neither bodies nor keys nor headers', () => expectNoValue(run));

    it('says where a message was sent', async () => {
      const [span] = await spansOf(run, 'publish');
      expect(span).toEqual({
        name: 'publish orders',
        kind: 'producer',
        outcome: 'ok',
        error_type: null,
        attributes: {
          'messaging.system': 'rabbitmq',
          'messaging.destination.name': 'orders',
          'messaging.operation.name': 'publish',
          'messaging.operation.type': 'send',
          'server.address': '127.0.0.1',
          'server.port': server?.port,
        },
      });
    });

    it('says where a message came from, in a trace of its own', async () => {
      expect((await consumersOf(run, 'q.publish'))[0]).toEqual({
        name: 'process q.publish',
        kind: 'consumer',
        outcome: 'ok',
        error_type: null,
        parent: null,
        linked: 'publish orders',
        attributes: expect.objectContaining({
          'messaging.system': 'rabbitmq',
          'messaging.destination.name': 'q.publish',
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
          'server.address': '127.0.0.1',
          'server.port': server?.port,
        }) as unknown,
      });
    });

    it.each([
      ['confirmed', ['publish q.confirmed', 'publish q.confirmed']],
      ['answer', ['publish']],
      ['polled', ['publish q.polled', 'receive q.polled', 'receive q.polled', 'receive q.no']],
      ['callbacks', ['publish q.callbacks', 'receive q.polled']],
      ['closed', []],
      ['chain', ['publish q.chain']],
    ])('sees the messages that "%s" sends or asks for', async (scenario, names) => {
      expect(await namesOf(run, scenario)).toEqual(names);
    });

    it.each([
      ['confirmed', Array(2).fill('process q.confirmed < publish q.confirmed')],
      ['unacknowledged', ['process q.unacknowledged < publish q.unacknowledged']],
      [
        'refused',
        [
          'process q.refused < publish q.refused ! nack',
          'process q.refused < publish q.refused ! reject',
          'process q.refused < publish q.refused',
        ],
      ],
      ['together', Array(4).fill('process q.together < publish q.together')],
      ['throwing', ['process q.throwing < publish q.throwing ! SyntaxError']],
      ['closing', ['process q.closing < publish q.closing ! channel_closed']],
      ['callbacks', ['process q.callbacks < publish q.callbacks']],
      ['own', ['process q.own < unknown']],
      ['chain.second', ['process q.chain.second < publish q.chain.second']],
    ])('sees the messages that "%s" consumes', async (scenario, spans) => {
      expect(await consumedOf(run, `q.${scenario}`)).toEqual(spans);
    });

    it('keeps the class of an error of the application, and not the message that it quotes', async () => {
      const [span] = await consumersOf(run, 'q.throwing');
      expect(span?.attributes['exception.message']).toBe('Unexpected token');
    });

    it('FAULTS 64: ends the spans of messages that cannot be sent', async () => {
      const spans = await spansOf(run, 'misuse');
      expect(spans.length).toBeGreaterThanOrEqual(3);
      expect(new Set(spans.map(({ outcome }) => outcome))).toEqual(new Set(['error']));
    });

    it('links a message that was asked for, and says why there is none', async () => {
      const [, found, none, missing] = await spansOf(run, 'polled');
      expect(await linksOf(run, 'receive q.polled')).toEqual(['publish q.polled']);
      expect([found?.kind, none?.outcome, missing?.outcome]).toEqual(['client', 'ok', 'error']);
    });

    it('shows a loop of 212 messages as one', async () => {
      expect(await treeOf(run, 'loop')).toMatch(/x 212 publish q.loop/);
    });

    it('continues the trace of the producer where the option says so', async () => {
      const continued = await runScenarios(client({ FERRET_MESSAGING: 'continue', ONLY: 'confirmed' }), true);
      expect(await consumedOf(continued, 'q.confirmed')).toEqual(
        Array(2).fill('process q.confirmed in publish q.confirmed'),
      );
    });
  });
});
