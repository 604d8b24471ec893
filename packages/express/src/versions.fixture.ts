import type { RequestListener } from 'node:http';
import { createFerret, type FerretOptions, type SpanRecord } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import express417 from '@ferretjs/version-express-4.17';
import express50 from '@ferretjs/version-express-5.0';
import express53 from 'express';
import express422 from 'express-4';
import supertest from 'supertest';
import { afterEach, vi } from 'vitest';
import { ferret } from './index.js';

/** The oldest and the newest version of both majors. The router of Express 5.0 does not keep the path of a mount. */
export const VERSIONS: readonly (readonly [string, typeof express53])[] = [
  ['Express 5.3', express53],
  ['Express 5.0', express50],
  ['Express 4.22', express422],
  ['Express 4.17', express417],
];

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(cleanUp.splice(0).map((close) => close())));

/** A separate Ferret with spans in memory. */
export function createProbe(options: FerretOptions = {}) {
  const sink = new MemorySink();
  const instance = createFerret({ sink, flushIntervalMillis: 1, ...options });
  cleanUp.push(() => instance.close());

  /** Resolves with the last span, once there are `count`. */
  const span = (count = 1): Promise<SpanRecord> =>
    vi.waitFor(async () => {
      await instance.flush();
      const found = sink.spans.at(-1);
      if (found === undefined || sink.spans.length < count) throw new Error('no span yet');
      return found;
    });

  /**
   * Resolves with the names of requests to these targets, in order. The method comes before a space and is `GET` by
   * default.
   */
  const names = async (app: RequestListener, targets: readonly string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const target of targets) {
      const [path = '', method = 'GET'] = target.split(' ').reverse();
      const agent = supertest(app);
      const before = sink.spans.length;
      await (method === 'POST' ? agent.post(path) : method === 'OPTIONS' ? agent.options(path) : agent.get(path));
      found.push((await span(before + 1)).name);
    }
    return found;
  };
  return { sink, instance, span, names };
}

/** An application with Ferret as its first middleware. */
export function build(express: typeof express53, options: FerretOptions = {}) {
  const probe = createProbe(options);
  const app = express();
  app.use(ferret(probe.instance));
  return { ...probe, app };
}
