import { fileURLToPath } from 'node:url';
import { installNode } from '../../scripts/node-matrix.mjs';
import { LOAD_CORE, PinnedProcess, SERVER_CORE } from '../pinned-process.mjs';
import { threadTime } from '../thread-time.mjs';
import { FRAMEWORKS, VARIANTS } from './variants.mjs';

const cache = fileURLToPath(new URL('../../.cache', import.meta.url));
const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** As many as servers of this kind are asked by at once in their benchmarks. */
const CONNECTIONS = 32;

/** Those who ask: the load generator, and the receiver of OTLP, both off the core of the servers. */
export async function startLoad() {
  const load = new PinnedProcess(LOAD_CORE, path('load.mjs'));
  const receiver = new PinnedProcess(LOAD_CORE, path('otlp-receiver.mjs'));
  const { port } = await receiver.answer();
  return {
    otlpUrl: `http://127.0.0.1:${port}/v1/traces`,
    ask: (question) => load.ask(question),
    stop: () => Promise.all([load.stop(), receiver.stop()]),
  };
}

/**
 * A server under test. `file` is where it may keep spans. It waits `pauseMillis` before it makes its app, which do not
 * count.
 */
export async function startServer({ framework, variant, routes = 1, file, load, pauseMillis = 0 }) {
  const { flags, env } = VARIANTS[variant];
  const { app = framework, node } = FRAMEWORKS[framework];
  const started = performance.now();
  const child = new PinnedProcess(SERVER_CORE, path('server.mjs'), {
    node: node && installNode(node, cache),
    flags,
    env: {
      FRAMEWORK: app,
      VARIANT: variant,
      ROUTES: routes,
      FILE: file,
      OTLP_URL: load.otlpUrl,
      PAUSE: pauseMillis,
      ...env,
    },
  });
  const { port } = await child.answer();
  const startMillis = performance.now() - started - pauseMillis;
  const connect = (connections) => load.ask({ connect: { port, connections } });
  const settle = () => child.ask('settle');

  return {
    variant,
    startMillis,
    stop: () => child.stop(),
    /** Spans that one request makes. */
    async spansOfRequest() {
      const { exported = 0 } = await settle();
      await connect(1);
      await load.ask({ run: { millis: 1_000, requests: 1, routes } });
      const after = await settle();
      return (after.exported ?? 0) - exported;
    },
    /** As many requests as it answers. What they left to be written is written, and counts. */
    async burst(millis) {
      await connect(CONNECTIONS);
      const before = await settle();
      const start = threadTime(child.pid);
      const { requests, seconds } = await load.ask({ run: { millis, routes } });
      const after = await settle();
      const end = threadTime(child.pid);
      return {
        requests,
        requestsPerSecond: requests / seconds,
        mainMicros: (end.main - start.main) / 1_000 / requests,
        otherMicros: (end.all - start.all - (end.main - start.main)) / 1_000 / requests,
        residentMegabytes: after.residentBytes / 1e6,
        exported: (after.exported ?? 0) - (before.exported ?? 0),
      };
    },
    /** So many requests a second, by schedule. */
    async paced(rate, millis) {
      await connect(CONNECTIONS);
      const { p50Millis, p99Millis, p999Millis } = await load.ask({ run: { millis, rate, routes } });
      await settle();
      return { p50Millis, p99Millis, p999Millis };
    },
  };
}
