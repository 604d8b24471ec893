import { errorMonitor } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { Leaf } from '@ferretjs/core/adapter';
import type { Channels } from '../channels.js';
import { addressOf, type Call, endCall, failCall, startCall, traceHeaders } from '../client-span.js';
import { reportFault } from '../fault.js';
import type { Library } from '../library.js';
import { undoWith } from '../undo.js';
import { isInRange } from '../version-range.js';
import { type Method, wrapMethod } from '../wrap-method.js';

/** A call that is under way. */
interface Current {
  readonly leaf: Leaf;
  readonly call: Call;
  response: IncomingMessage | undefined;
}

const current = new WeakMap<ClientRequest, Current>();

/**
 * Calls by `http.request`, `https.request` and `get` of both, and so by every library that uses them. Calls of
 * `node:http2` are left out.
 */
export const httpClient: Library = {
  name: 'http-client',
  ways: [{ how: 'node', part: 'http client', start }],
};

function start(channels: Channels): void {
  if (publishesRequests(process.versions.node)) {
    channels.on<{ readonly request: ClientRequest }>('http.client.request.created', ({ request }) => begin(request));
  } else {
    // Loaded here alone: newer versions of Node need neither to be loaded at the start.
    for (const name of ['node:http', 'node:https']) wrapModule(process.getBuiltinModule(name) as object);
    // `import { request } from 'node:http'` gets the wrappers, too.
    syncBuiltinESMExports();
  }
  channels.on<{ readonly request: ClientRequest; readonly response: IncomingMessage }>(
    'http.client.response.finish',
    ({ request, response }) => answered(request, response),
  );
}

/**
 * Whether a request is published while headers can still be set (https://nodejs.org/api/diagnostics_channel.html#http).
 */
function publishesRequests(version: string): boolean {
  return isInRange(version, '>=22.12 <23') || isInRange(version, '>=23.2');
}

function wrapModule(module: object): void {
  const own = Object.getOwnPropertyDescriptors(module) as PropertyDescriptorMap;
  undoWith(() => {
    for (const name of ['request', 'get']) Object.defineProperty(module, name, own[name] as PropertyDescriptor);
  });
  const requestOf = (original: Method): Method =>
    function (...args) {
      const request = original.apply(this, args);
      try {
        begin(request as ClientRequest);
      } catch (error) {
        reportFault('http.request', error);
      }
      return request;
    };
  const request = requestOf((module as { readonly request: Method }).request);
  wrapMethod(module, 'request', requestOf);
  // As Node has it. Its own `get` sends the headers before it returns.
  wrapMethod(
    module,
    'get',
    () =>
      function (...args) {
        const sent = request.apply(this, args) as ClientRequest;
        sent.end();
        return sent;
      },
  );
}

function begin(request: ClientRequest): void {
  if (current.has(request)) return;
  const call = callOf(request);
  const leaf = startCall(call);
  if (leaf === undefined) return;
  const known: Current = { leaf, call, response: undefined };
  current.set(request, known);
  // Neither of these listeners makes an error handled, or a response consumed.
  request.on(errorMonitor, (error: unknown) => {
    failCall(leaf, error, known.response?.statusCode);
  });
  request.on('close', () => end(request, known));
  // Headers given as a list are sent as they are, and an application's own trace context wins.
  if (request.headersSent || request.hasHeader('traceparent')) return;
  for (const [name, value] of traceHeaders(leaf, call)) request.setHeader(name, value);
}

function answered(request: ClientRequest, response: IncomingMessage): void {
  const known = current.get(request);
  if (known === undefined) return;
  known.response = response;
  response.on('close', () => end(request, known));
}

function end(request: ClientRequest, known: Current): void {
  if (!known.leaf.isRecording) return;
  // An upgrade has a response that no channel tells of.
  const response = known.response ?? (request as ClientRequest & { readonly res?: IncomingMessage | null }).res;
  const isUpgraded = response?.statusCode === 101 || request.method === 'CONNECT';
  const port = known.call.port === undefined ? request.socket?.remotePort : undefined;
  if (port !== undefined) known.leaf.annotate(addressOf({ ...known.call, port }));
  endCall(known.leaf, {
    status: response?.statusCode,
    httpVersion: response?.httpVersion,
    isCutOff: !isUpgraded && response?.complete !== true,
  });
}

function callOf(request: ClientRequest): Call {
  const { method, protocol, host, path } = request;
  return { method, protocol, hostname: host, port: portOf(request), path: path.startsWith('/') ? path : `/${path}` };
}

/**
 * The port by the header `host`, which Node writes for the host and port that it connects to, unless the application
 * has written it.
 */
function portOf(request: ClientRequest): number | undefined {
  const header = request.getHeader('host');
  if (typeof header !== 'string') return undefined;
  const name = request.host.includes(':') && !request.host.startsWith('[') ? `[${request.host}]` : request.host;
  if (header === name) return request.protocol === 'https:' ? 443 : 80;
  const port = header.startsWith(`${name}:`) ? Number(header.slice(name.length + 1)) : Number.NaN;
  return Number.isInteger(port) ? port : undefined;
}
