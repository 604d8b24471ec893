import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { temporaryFile } from '../child.js';
import { request } from '../contract/exchange.js';
import { StoredSpans } from '../contract/stored-spans.js';
import { type Agent, flagsOf } from './agents.js';
import type { Framework } from './frameworks.js';

/** `without` Ferret, `beside` it, or with Ferret's package loaded before the agent and its error handler first. */
export type Presence = 'without' | 'beside' | 'first';

/** The observations of a run of the application, in a form that two runs can be compared in. */
export interface Observation {
  /** The response that the client received for each request. */
  readonly answers: Readonly<Record<string, string>>;
  /** The agent's, by path. */
  readonly transactions: readonly string[];
  /** The errors that the agent has captured. */
  readonly exceptions: readonly string[];
  /** Ferret's spans. */
  readonly spans: readonly string[];
  /** The warnings of Node. */
  readonly warnings: readonly string[];
  readonly end: { readonly code: number | null; readonly signal: string | null };
}

interface Message {
  readonly port?: number;
  readonly closed?: true;
  readonly warning?: string;
  readonly path?: string;
  readonly transaction?: string;
  readonly isError?: boolean;
  readonly exception?: string;
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

/** In this order, each on a connection of its own. */
const REQUESTS: Readonly<Record<string, string>> = {
  'a route below a router and a mount': request('GET', '/api/t/acme/users/7?x=1', { headers: CALLER }),
  'a route that throws': request('GET', '/api/t/acme/users/7/boom'),
  'a route that rejects': request('GET', '/rejects'),
  'no route': request('GET', '/nowhere'),
  'a mounted function': request('GET', '/static/app'),
  'a stream': request('GET', '/stream'),
  'a body of JSON': request('POST', '/echo', { body: '{"a":[1,2,3]}' }),
  'a broken body': request('POST', '/echo', { body: '{"a":' }),
  'what the application sees': request('GET', '/seen'),
  HEAD: request('HEAD', '/plain'),
};
const LEFT = request('GET', '/endless');
const LAST = request('GET', '/last');

const serve = (format: 'cjs' | 'mjs') => fileURLToPath(new URL(`apps/serve.${format}`, import.meta.url));

/** Runs the application in a process of its own, sends it all requests, and ends it by SIGTERM. */
export async function observe(
  framework: Framework,
  agent: Agent | undefined,
  presence: Presence,
): Promise<Observation> {
  const format = framework.isEsm ? 'mjs' : 'cjs';
  const flags = agent === undefined ? [] : flagsOf(agent, framework);
  const database = temporaryFile();
  const child = fork(serve(format), {
    execArgv: [...(presence === 'first' ? firstFlags(framework) : []), ...flags],
    env: {
      ...process.env,
      // As in production: in development, some frameworks answer errors with their stack, where Ferret's frames are.
      NODE_ENV: 'production',
      ...framework.environment,
      ...agent?.environment,
      FERRET: presence,
      FERRET_DATABASE: database,
    },
    cwd: framework.environment['PLACE'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const messages = new Messages();
  child.on('message', (message: Message) => messages.add(message));
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    messages.end(`${framework.name} with ${agent?.name ?? 'no agent'} ended: ${code ?? signal}\n${stderr}`);
    return { code, signal };
  });

  try {
    const { port = 0 } = await messages.first(({ port }) => port !== undefined);
    const answers: Record<string, string> = {};
    for (const [name, text] of Object.entries(REQUESTS)) answers[name] = await receive(port, text);
    const left = await receive(port, LEFT, 'more ');
    answers['a client that leaves'] = left.slice(0, left.indexOf('more '));
    if (left.includes('more ')) await messages.first(({ closed }) => closed === true);
    answers['the last'] = await receive(port, LAST);
    if (agent !== undefined) await messages.first(({ path }) => path === '/last');
    child.kill('SIGTERM');
    const end = await ended;
    return {
      answers,
      transactions: messages.all.flatMap(({ path, transaction, isError }) =>
        path === undefined ? [] : `${path}: ${transaction}${isError ? ' error' : ''}`,
      ),
      exceptions: messages.all.flatMap(({ exception }) => exception ?? []).filter((text) => !LEFT_BEHIND.test(text)),
      spans: presence === 'without' ? [] : await spansIn(database),
      warnings: messages.all.flatMap(({ warning }) => warning ?? []),
      end,
    };
  } finally {
    child.kill('SIGKILL');
  }
}

/** Whether Koa hears of a client that leaves before it has written the next piece depends on the moment. */
const LEFT_BEHIND = /^Premature close$|ECONNRESET|EPIPE/;

/** Loads Ferret's package before the agent. */
function firstFlags({ environment, isEsm }: Framework): string[] {
  return [isEsm ? '--import' : '-r', `@ferretjs/${environment['FRAMEWORK']}`];
}

/** The spans of a file as lines; those of one request in the order in which they started. */
async function spansIn(database: string): Promise<string[]> {
  const { spans } = await new StoredSpans(database).next(1);
  return spans.map(({ name, parent, outcome, http_status_code, error_type, attributes }) =>
    [name, `in ${parent}`, outcome, http_status_code, error_type, attributes['url.path'], attributes['seen']].join(' '),
  );
}

/** Sends a request, and returns what comes back until the connection closes; goes away once it has received `until`. */
async function receive(port: number, text: string, until?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
    if (until !== undefined && received.includes(until)) socket.destroy();
  });
  socket.write(text);
  await once(socket, 'close');
  return received.replaceAll(/^(date): .*$/gim, '$1: *');
}

const DEADLINE_MILLIS = 30_000;

/** The messages of the process so far, and promises of those to come. */
class Messages {
  readonly all: Message[] = [];
  #waiting: { matches(message: Message): boolean; resolve(message: Message): void; reject(error: Error): void }[] = [];
  #end: Error | undefined;

  add(message: Message): void {
    this.all.push(message);
    for (const { matches, resolve } of this.#waiting) if (matches(message)) resolve(message);
  }

  /** Nothing more will come. */
  end(reason: string): void {
    this.#end = new Error(reason);
    for (const { reject } of this.#waiting) reject(this.#end);
  }

  first(matches: (message: Message) => boolean): Promise<Message> {
    const found = this.all.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ matches, resolve, reject });
      const told = () => this.all.map((message) => JSON.stringify(message)).join('\n');
      setTimeout(() => reject(new Error(`No message ${matches}; there were:\n${told()}`)), DEADLINE_MILLIS).unref();
    });
  }
}
