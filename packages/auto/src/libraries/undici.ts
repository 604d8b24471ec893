import type { Leaf } from '@ferretjs/core/adapter';
import type { Channels } from '../channels.js';
import { type Call, endCall, failCall, startCall, traceHeaders } from '../client-span.js';
import type { Library } from '../library.js';

/** A request of undici, as its channels show it: `docs/docs/api/DiagnosticsChannel.md` in nodejs/undici. */
interface Request {
  readonly origin: string | URL;
  readonly method: string;
  readonly path: string;
  readonly upgrade?: unknown;
  /** Lines of text before undici 6, names and values in turn since. */
  readonly headers: string | readonly (string | readonly string[] | null | undefined)[];
  addHeader(name: string, value: string): unknown;
}

interface Message {
  readonly request: Request;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

interface Current {
  readonly leaf: Leaf;
  status: number | undefined;
}

const current = new WeakMap<Request, Current>();

/**
 * Calls by `fetch` and by the package undici: both publish on the same channels. Each hop of a redirection is a call.
 * Upgrades and the tunnels of proxies (CONNECT) are left out, as no channel tells of their end.
 */
export const undici: Library = {
  name: 'undici',
  ways: [
    { how: 'node', part: 'fetch', start: hearRequests },
    { how: 'channel', package: 'undici', versions: '>=5.11 <9', subscribe() {} },
  ],
};

/** The `fetch` of Node is undici, too: its channels are the same. */
function hearRequests(channels: Channels): void {
  channels.on<Message>('undici:request:create', ({ request }) => create(request));
  channels.on<Message>('undici:request:headers', ({ request, response }) => {
    const known = current.get(request);
    if (known !== undefined) known.status = response?.statusCode;
  });
  channels.on<Message>('undici:request:trailers', ({ request }) => {
    const known = take(request);
    if (known !== undefined) endCall(known.leaf, known);
  });
  channels.on<Message>('undici:request:error', ({ request, error }) => {
    const known = take(request);
    if (known !== undefined) failCall(known.leaf, error, known.status);
  });
}

function create(request: Request): void {
  if (request.upgrade || request.method === 'CONNECT') return;
  const call = callOf(request);
  const leaf = startCall(call);
  if (leaf === undefined) return;
  current.set(request, { leaf, status: undefined });
  if (hasHeader(request.headers, 'traceparent')) return;
  for (const [name, value] of traceHeaders(leaf, call)) request.addHeader(name, value);
}

function take(request: Request): Current | undefined {
  const known = current.get(request);
  current.delete(request);
  return known;
}

function callOf({ origin, method, path }: Request): Call {
  const { protocol, hostname, port } = typeof origin === 'string' ? new URL(origin) : origin;
  return {
    method,
    protocol,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    path,
  };
}

function hasHeader(headers: Request['headers'], name: string): boolean {
  if (typeof headers === 'string') return new RegExp(`(?:^|\\n)${name}:`, 'i').test(headers);
  return headers.some((text, index) => index % 2 === 0 && typeof text === 'string' && text.toLowerCase() === name);
}
