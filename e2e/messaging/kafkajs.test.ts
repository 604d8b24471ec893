import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../database.js';
import { expectNoValue, namesOf, type Run, runScenarios, spansOf } from '../databases/run.js';
import { kafka } from '../services/kafka.js';
import type { Service } from '../services/program.js';
import { consumedOf, consumersOf } from './run.js';

// The client is the real one; the server is a small peer.
describe.each(['esm', 'commonjs'])('kafkajs from %s', (format) => {
  let server: Service | undefined;
  let without: Run;
  let run: Run;

  beforeAll(async () => {
    without = await runOnce(false);
    run = await runOnce(true);
  }, 120_000);
  afterAll(() => server?.stop());

  /** With a peer of its own: messages stay there. */
  async function runOnce(withFerret: boolean): Promise<Run> {
    await server?.stop();
    server = await kafka.start();
    const client = { client: '../messaging/kafkajs', package: 'kafkajs', port: server.port };
    return runScenarios({ ...client, environment: { FORMAT: format } }, withFerret);
  }

  it('FAULTS 65: works as without Ferret, field by field', () => {
    expect(run.observed).toEqual(without.observed);
    expect(run.unhandled).toEqual(without.unhandled);
    expect(run.stderr).toBe(without.stderr);
  });

  it('FAULTS 63: stores neither keys nor values nor headers', () => expectNoValue(run));

  it('says where messages were sent', async () => {
    expect(await spansOf(run, 'send')).toEqual([
      {
        name: 'publish q.send',
        kind: 'producer',
        outcome: 'ok',
        error_type: null,
        attributes: {
          'messaging.system': 'kafka',
          'messaging.destination.name': 'q.send',
          'messaging.operation.name': 'publish',
          'messaging.operation.type': 'send',
          'messaging.batch.message_count': 2,
        },
      },
    ]);
  });

  it('says where a message came from, in a trace of its own', async () => {
    const [span] = await consumersOf(run, 'q.send');
    expect(span).toEqual({
      name: 'process q.send',
      kind: 'consumer',
      outcome: 'ok',
      error_type: null,
      parent: null,
      linked: 'publish q.send',
      attributes: expect.objectContaining({
        'messaging.system': 'kafka',
        'messaging.destination.name': 'q.send',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
      }) as unknown,
    });
  });

  it('has one span for each topic of a batch that is sent', async () => {
    const sent = await spansOf(run, 'batch');
    expect(sent.map(({ name, attributes }) => [name, attributes['messaging.batch.message_count']])).toEqual([
      ['publish q.batch', 3],
      ['publish q.batch.second', undefined],
    ]);
  });

  it.each([
    ['send', Array(2).fill('process q.send < publish q.send')],
    ['synchronous', ['process q.synchronous < publish q.synchronous']],
    ['chain', ['process q.chain < publish q.chain']],
    ['classes', ['process q.classes < publish q.classes']],
  ])('sees the messages that "%s" consumes', async (scenario, spans) => {
    expect(await consumedOf(run, `q.${scenario}`)).toEqual(spans);
  });

  it('has the messages that a consumer sends in the trace of its message', async () => {
    const [sent] = await query<{ parent: string }>(
      run.file,
      `SELECT parent.name AS parent FROM ferret_spans_v1 AS span JOIN ferret_spans_v1 AS parent
       ON parent.trace_id = span.trace_id AND parent.span_id = span.parent_id WHERE span.name = 'publish q.chain.second'`,
    );
    expect(sent).toEqual({ parent: 'process q.chain' });
  });

  it('sees every attempt at a message that fails, with the class of the error', async () => {
    const failed = await consumersOf(run, 'q.failing');
    expect(failed.length).toBeGreaterThan(0);
    for (const { error_type: type, attributes } of failed) {
      expect([type, attributes['exception.message']]).toEqual(['SyntaxError', 'Unexpected token']);
    }
  });

  it('has one span for a batch that is processed, with at most 32 links', async () => {
    for (const { attributes } of await consumersOf(run, 'q.many')) {
      expect(attributes['messaging.batch.message_count']).toBe(50);
    }
    expect((await consumersOf(run, 'q.many')).map(({ linked }) => linked?.split(',').length)).toEqual([32, 32]);
  });

  it('FAULTS 64: ends the spans of messages that are refused', async () => {
    const refused = await spansOf(run, 'misuse');
    expect(refused.map(({ name, error_type: type }) => [name, type])).toEqual([
      ['publish q.misuse', 'KafkaJSNonRetriableError'],
      ['publish q.misuse', 'TypeError'],
      ['publish no.topic', 'KafkaJSNumberOfRetriesExceeded'],
    ]);
    expect(await namesOf(run, 'closed')).toEqual(['publish q.closed']);
  });
});
