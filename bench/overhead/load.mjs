// Asks one server at a time, over connections that are kept alive, one request at a time on each. The requests come as
// fast as the server answers, or by schedule whatever it does (open loop). Latencies by schedule start when a request
// was due, not when it could be sent.
import { Socket } from 'node:net';
import { percentile } from '../percentile.mjs';
import { pathOf } from './routes.mjs';

const HEADERS = 'Host: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n';

class Connection {
  #socket = new Socket();
  #received = '';
  #onAnswer;
  #onError;

  async open(port) {
    this.#socket.setNoDelay(true);
    await new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.connect(port, '127.0.0.1', resolve);
    });
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#onError?.(error));
    this.#socket.on('close', () => this.#onError?.(new Error('the server closed a connection')));
    return this;
  }

  ask(path, onAnswer, onError) {
    this.#onAnswer = onAnswer;
    this.#onError = onError;
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${HEADERS}`);
  }

  close() {
    this.#onError = undefined;
    this.#socket.destroy();
  }

  #receive(chunk) {
    this.#received += chunk.latin1Slice();
    const head = this.#received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1]);
    if (!this.#received.startsWith('HTTP/1.1 200') || Number.isNaN(length)) {
      this.#onError(new Error(`not the answer expected: ${this.#received.slice(0, 200)}`));
      return;
    }
    if (this.#received.length < head + 4 + length) return;
    this.#received = '';
    this.#onAnswer();
  }
}

/**
 * Looks for answers all the time. A generator that sleeps until an answer comes has to be woken by the server that
 * writes it. That costs the server more than Ferret does (an interrupt of the other core, where there is a hypervisor),
 * and a slower server more often.
 */
function stayAwake(isBusy) {
  if (isBusy()) setImmediate(stayAwake, isBusy);
}

/** Every connection asks again as soon as it has its answer. */
function saturate(connections, { millis, requests = Infinity, routes }) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let sent = 0;
    let done = 0;
    let busy = connections.length;
    stayAwake(() => busy > 0);
    const fail = (error) => {
      busy = 0;
      reject(error);
    };
    const next = (connection) => {
      if (sent < requests && performance.now() - started < millis) {
        connection.ask(pathOf(sent++, routes), onAnswer(connection), fail);
      } else if (--busy === 0) {
        resolve({ requests: done, seconds: (performance.now() - started) / 1000 });
      }
    };
    const onAnswer = (connection) => () => {
      done++;
      next(connection);
    };
    connections.forEach(next);
  });
}

/** `rate` requests a second, each at its time, or as soon as a connection is free. */
function pace(connections, { millis, rate, routes }) {
  const total = Math.floor((rate * millis) / 1000);
  const latencies = new Float64Array(total);
  const free = [...connections];
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let sent = 0;
    let done = 0;
    const send = () => {
      const due = Math.min(total, Math.floor(((performance.now() - started) * rate) / 1000) + 1);
      while (sent < due && free.length > 0) {
        const connection = free.pop();
        const scheduled = started + (sent * 1000) / rate;
        connection.ask(pathOf(sent++, routes), () => answered(connection, scheduled), reject);
      }
      // Not a timer: those are a millisecond late.
      if (sent < total) setImmediate(send);
    };
    const answered = (connection, scheduled) => {
      latencies[done++] = performance.now() - scheduled;
      free.push(connection);
      if (done === total) resolve({ requests: done, seconds: (performance.now() - started) / 1000 });
    };
    send();
  }).then((result) => {
    latencies.sort();
    const [p50Millis, p99Millis, p999Millis] = [0.5, 0.99, 0.999].map((share) => percentile(latencies, share));
    return { ...result, p50Millis, p99Millis, p999Millis };
  });
}

let connections = [];
process.on('message', async ({ connect, run }) => {
  try {
    if (connect) {
      for (const connection of connections) connection.close();
      connections = await Promise.all(
        Array.from({ length: connect.connections }, () => new Connection().open(connect.port)),
      );
      process.send({ connected: connections.length });
    } else {
      process.send(await (run.rate ? pace(connections, run) : saturate(connections, run)));
    }
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.once('disconnect', () => process.exit());
