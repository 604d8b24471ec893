import { Agent, request } from 'node:http';

/** A connection that a cluster hands to a worker just killed is closed by nobody. */
const PATIENCE_MILLIS = 15_000;

/** Results that clients of `fault-service.mjs` saw. */
export interface Load {
  requests: number;
  /** Answers other than the service gives without Ferret: none, ever. */
  readonly wrong: string[];
  /** The duration of each request, in milliseconds, in the order they were answered. */
  readonly millis: number[];
}

export interface RunningLoad extends Load {
  /** Sends no more; resolves when all have been answered. */
  stop(): Promise<Load>;
}

/** Sends requests at a steady rate, each of which makes two spans, however long the answers take. */
export function startLoad(port: number, requestsPerSecond: number): RunningLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const load: Load = { requests: 0, wrong: [], millis: [] };
  const underWay = new Set<Promise<void>>();
  const begun = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * requestsPerSecond;
    while (load.requests < due) {
      const answered = send(port, load.requests++, agent, load).finally(() => underWay.delete(answered));
      underWay.add(answered);
    }
  }, 5);
  return Object.assign(load, {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      agent.destroy();
      return load;
    },
  });
}

function send(port: number, number: number, agent: Agent, load: Load): Promise<void> {
  const before = performance.now();
  return new Promise((resolve) => {
    const settle = (seen: string) => {
      load.millis.push(performance.now() - before);
      if (seen !== `200 {"id":"${number}"}`) load.wrong.push(seen);
      resolve();
    };
    const sent = request({ port, host: '127.0.0.1', path: `/users/${number}`, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => settle(`${response.statusCode} ${body}`));
    });
    sent.setTimeout(PATIENCE_MILLIS, () => sent.destroy(new Error('no answer')));
    sent.on('error', (error) => settle(error.message)).end();
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
