import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoValue, namesOf, type Run, runScenarios, spansOf } from '../databases/run.js';
import type { Service } from '../services/program.js';
import { redis } from '../services/redis.js';
import { consumedOf, consumersOf } from './run.js';

const matrix = [
  { name: 'bullmq', format: 'esm' },
  { name: 'bullmq-5', format: 'commonjs' },
] as const;

describe.skipIf(redis === undefined)('with Redis', () => {
  describe.each(matrix)('$name from $format', ({ name, format }) => {
    let server: Service | undefined;
    let without: Run;
    let run: Run;

    beforeAll(async () => {
      without = await runOnce(false);
      run = await runOnce(true);
    }, 120_000);
    afterAll(() => server?.stop());

    /** On a server of its own: jobs stay there. */
    async function runOnce(withFerret: boolean): Promise<Run> {
      await server?.stop();
      server = await redis?.start();
      const client = { client: '../messaging/bullmq', package: name, port: server?.port ?? 0 };
      return runScenarios({ ...client, environment: { FORMAT: format } }, withFerret);
    }

    it('FAULTS 65: works as without Ferret, field by field', () => {
      expect(run.observed).toEqual(without.observed);
      expect(run.unhandled).toEqual(without.unhandled);
      expect(run.stderr).toBe(without.stderr);
    });

    it('FAULTS 63: stores nothing of a job, neither its id nor its result', () => expectNoValue(run));

    it('says where a job was put', async () => {
      const added = (await spansOf(run, 'add')).find(({ kind }) => kind === 'producer');
      expect(added).toEqual({
        name: 'publish q.add',
        kind: 'producer',
        outcome: 'ok',
        error_type: null,
        attributes: {
          'messaging.system': 'bullmq',
          'messaging.destination.name': 'q.add',
          'messaging.operation.name': 'publish',
          'messaging.operation.type': 'send',
          'bullmq.job.name': 'mail',
        },
      });
    });

    it('says where a job came from, in a trace of its own', async () => {
      expect(await consumersOf(run, 'q.add')).toEqual([
        {
          name: 'process q.add',
          kind: 'consumer',
          outcome: 'ok',
          error_type: null,
          parent: null,
          linked: 'publish q.add',
          attributes: expect.objectContaining({
            'messaging.system': 'bullmq',
            'messaging.destination.name': 'q.add',
            'messaging.operation.name': 'process',
            'messaging.operation.type': 'process',
            'bullmq.job.name': 'mail',
          }) as unknown,
        },
      ]);
    });

    it('tells how many jobs were put as one', async () => {
      const added = (await spansOf(run, 'bulk')).filter(({ kind }) => kind === 'producer');
      expect(added).toMatchObject([{ name: 'publish q.bulk', attributes: { 'messaging.batch.message_count': 2 } }]);
    });

    it.each([
      ['bulk', Array(2).fill('process q.bulk < publish q.bulk')],
      ['failing', Array(2).fill('process q.failing < publish q.failing ! SyntaxError')],
      ['unrecoverable', ['process q.unrecoverable < publish q.unrecoverable ! UnrecoverableError']],
      ['delayed', Array(2).fill('process q.delayed < publish q.delayed')],
      ['chain', ['process q.chain < publish q.chain']],
      ['chain.second', ['process q.chain.second < publish q.chain.second']],
      ['flow', ['process q.flow < publish q.flow']],
      ['flow.child', ['process q.flow.child < publish q.flow.child']],
      ['alone', ['process q.alone']],
      ['foreign', ['process q.foreign']],
      ['own', []],
    ])('sees every attempt of "%s"', async (scenario, spans) => {
      expect(await consumedOf(run, `q.${scenario}`)).toEqual(spans);
    });

    it('keeps the class of an error of the application, and not the message that it quotes', async () => {
      const [span] = await consumersOf(run, 'q.failing');
      expect(span?.attributes).toMatchObject({
        'exception.type': 'SyntaxError',
        'exception.message': 'Unexpected token',
      });
    });

    it('FAULTS 64: ends the spans of jobs that cannot be put', async () => {
      const added = (await spansOf(run, 'misuse')).filter(({ kind }) => kind === 'producer');
      expect(added.map(({ error_type: type }) => type)).toEqual(['Error', 'TypeError']);
    });

    it('leaves the names of commands to the client of Redis', async () => {
      expect(await namesOf(run, 'own')).not.toContain('publish q.own');
    });
  });
});
