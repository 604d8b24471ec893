import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FerretModule } from '../index.js';
import { living } from '../living-modules.js';
import { cleanUp, recorder } from '../recorder.fixture.js';
import { isJobEntry, jobEntryOf } from './job-entry.js';

/** Metadata that the decorators of `@nestjs/bullmq` and `@nestjs/bull` put on a class or a method. */
const BULLMQ = 'bullmq:processor_metadata';
const BULL = 'bull:module_queue';
const BULL_PROCESS = 'bull:module_queue_process';

const HEADERS = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const jobWith = (metadata: unknown) => ({ opts: { telemetry: { metadata } } });

describe('jobs of a schedule', () => {
  it('are a root each, named by their schedule or their method', async () => {
    @Injectable()
    class Jobs {
      @Cron('0 0 1 1 *', { name: 'yearly' })
      clean() {}
      @Interval(1)
      poll() {}
      @Timeout('late start', 1)
      begin() {}
    }
    const { ferret, spans, sink } = recorder();
    const imports = [FerretModule.forRoot(ferret), ScheduleModule.forRoot()];
    const app = (await Test.createTestingModule({ imports, providers: [Jobs] }).compile()).createNestApplication();
    cleanUp.push(() => app.close());
    await app.init();
    await app.get(SchedulerRegistry).getCronJob('yearly').fireOnTick();
    await vi.waitFor(async () => {
      await spans();
      const names = new Set(sink.spans.map(({ name }) => name));
      expect(names).toEqual(new Set(['cron yearly', 'interval Jobs.poll', 'timeout late start']));
    });
    const cron = sink.spans.find(({ name }) => name === 'cron yearly');
    expect(cron?.attributes).toEqual({ 'nestjs.type': 'cron', 'code.function.name': 'Jobs.clean' });
    expect(cron?.parentId).toBeUndefined();
  });
});

describe('jobEntryOf', () => {
  let recorded: ReturnType<typeof recorder>;
  beforeEach(() => {
    recorded = recorder();
    const module = { ferret: recorded.ferret as never };
    living.add(module);
    cleanUp.push(() => living.delete(module));
  });

  /** The span of one call of a processor's method. */
  async function spanOf(entry: ReturnType<typeof jobEntryOf>, self: unknown, job?: unknown) {
    entry?.start(self, [job])?.end();
    const [span] = await recorded.spans();
    return span;
  }

  class Mail {}
  Reflect.defineMetadata(BULLMQ, { name: 'mail' }, Mail);

  it('is none for other methods', () => {
    expect(jobEntryOf(() => {}, 'work')).toBeUndefined();
  });

  it('names schedules of a kind that is not known, and without a name', async () => {
    const method = () => {};
    Reflect.defineMetadata('SCHEDULER_TYPE', 99, method);
    expect((await spanOf(jobEntryOf(method, 'run'), new Mail()))?.name).toBe('job Mail.run');
  });

  it.each([
    ['options', 'job nightly', { name: 'nightly' }],
    ['options with a name that is no text', 'job .run', { name: Symbol('own') }],
  ])('takes the name of a schedule from its %s', async (_, name, options) => {
    const method = () => {};
    Reflect.defineMetadata('SCHEDULER_TYPE', 0, method);
    Reflect.defineMetadata('SCHEDULE_CRON_OPTIONS', options, method);
    expect((await spanOf(jobEntryOf(method, 'run'), undefined))?.name).toBe(name);
  });

  it('is no schedule if its kind is no number', () => {
    const method = () => {};
    Reflect.defineMetadata('SCHEDULER_TYPE', 'cron', method);
    expect(jobEntryOf(method, 'run')).toBeUndefined();
  });

  it('records jobs of BullMQ, linked to those who added them', async () => {
    const span = await spanOf(
      jobEntryOf(() => {}, 'process'),
      new Mail(),
      jobWith(JSON.stringify(HEADERS)),
    );
    expect(span).toMatchObject({
      name: 'process mail',
      kind: 'consumer',
      links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
      attributes: {
        'messaging.system': 'bullmq',
        'messaging.destination.name': 'mail',
        'messaging.operation.name': 'process',
      },
    });
  });

  it.each<[string, unknown]>([
    ['no job', undefined],
    ['no options', {}],
    ['no telemetry', { opts: {} }],
    ['headers that are no JSON', jobWith('{')],
    ['headers that are no text', jobWith(HEADERS)],
    ['headers that are null', jobWith('null')],
    ['headers that are a number', jobWith('7')],
    ['headers without end', jobWith(JSON.stringify({ ...HEADERS, more: 'x'.repeat(5_000) }))],
    ['a traceparent of the wrong form', jobWith('{"traceparent":"00-1-2-3"}')],
    [
      'a getter that throws',
      {
        get opts() {
          throw new Error('no');
        },
      },
    ],
  ])('records jobs of BullMQ with %s without a link', async (_, job) => {
    const span = await spanOf(
      jobEntryOf(() => {}, 'process'),
      new Mail(),
      job,
    );
    expect(span?.name).toBe('process mail');
    expect(span?.links ?? []).toEqual([]);
  });

  it('records jobs of Bull by their queue, whatever the name of the method', async () => {
    class Images {}
    Reflect.defineMetadata(BULL, 'images', Images);
    const method = () => {};
    Reflect.defineMetadata(BULL_PROCESS, undefined, method);
    const span = await spanOf(jobEntryOf(method, 'resize'), new Images(), {});
    expect(span).toMatchObject({ name: 'process images', attributes: { 'messaging.system': 'bull' } });
  });

  it.each([[undefined], [null], [7], [{}], [{ name: 7 }]])('starts nothing if the queue is %j', (metadata) => {
    class Other {}
    if (metadata !== undefined) Reflect.defineMetadata(BULLMQ, metadata, Other);
    expect(jobEntryOf(() => {}, 'process')?.start(new Other(), [])).toBeUndefined();
  });

  it('starts nothing without an application that runs', () => {
    living.clear();
    const method = () => {};
    Reflect.defineMetadata('SCHEDULER_TYPE', 1, method);
    expect(jobEntryOf(method, 'run')?.start(new Mail(), [])).toBeUndefined();
    expect(jobEntryOf(() => {}, 'process')?.start(new Mail(), [])).toBeUndefined();
  });

  it('knows entries by their class', () => {
    const [plain, scheduled, bull] = [() => {}, () => {}, () => {}];
    Reflect.defineMetadata('SCHEDULER_TYPE', 1, scheduled);
    Reflect.defineMetadata(BULL_PROCESS, {}, bull);
    class Other {}
    expect(isJobEntry(Other, plain, 'process')).toBe(false);
    expect(isJobEntry(Mail, plain, 'work')).toBe(false);
    expect(isJobEntry(Mail, plain, 'process')).toBe(true);
    expect(isJobEntry(Other, scheduled, 'run')).toBe(true);
    expect(isJobEntry(Other, bull, 'run')).toBe(true);
  });

  it('finds nothing where no reflect-metadata is loaded', () => {
    const { getMetadata, hasMetadata } = Reflect;
    cleanUp.push(() => Object.assign(Reflect, { getMetadata, hasMetadata }));
    Object.assign(Reflect, { getMetadata: undefined, hasMetadata: undefined });
    const method = () => {};
    expect(jobEntryOf(method, 'run')).toBeUndefined();
    expect(isJobEntry(Mail, method, 'process')).toBeFalsy();
  });
});
