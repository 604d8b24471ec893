import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends requests over so many connections, each kept alive, and returns the answers in order. */
export async function send(port: number, paths: readonly string[], connections: number): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answers: Answer[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < paths.length; index = next++) {
      answers[index] = await get(port, paths[index] ?? '/', agent);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  return answers;
}

/** Sends requests as they are, pipelined in bursts over so many connections; resolves when each has been answered. */
export async function flood(
  port: number,
  count: number,
  requestOf: (index: number) => string,
  { connections = 4, burst = 100 } = {},
): Promise<void> {
  let next = 0;
  const worker = async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    while (next < count) {
      const first = next;
      next = Math.min(count, first + burst);
      const wanted = next - first;
      socket.write(Array.from({ length: wanted }, (_, index) => requestOf(first + index)).join(''));
      let rest = '';
      for (let answered = 0; answered < wanted; ) {
        const parts = `${rest}${await once(socket, 'data')}`.split('HTTP/1.1 ');
        answered += parts.length - 1;
        // A piece of the next answer's beginning may have come already.
        rest = parts.at(-1)?.slice(-8) ?? '';
      }
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

/** `flood` for as long as that; returns how many requests it were, and how many seconds it took. */
export async function floodFor(
  port: number,
  millis: number,
  requestOf: (index: number) => string,
): Promise<{ readonly sent: number; readonly seconds: number }> {
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < millis) {
    const first = sent;
    await flood(port, 1_000, (index) => requestOf(first + index));
    sent += 1_000;
  }
  return { sent, seconds: (performance.now() - began) / 1000 };
}

function get(port: number, path: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ port, path, agent, host: '127.0.0.1' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}
