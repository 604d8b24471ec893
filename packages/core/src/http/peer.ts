import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { AttributeBag, type AttributeRecorder } from '../trace/attributes.js';
import type { SharedAttributes } from '../trace/span.js';

/** Distinct peers remembered before the memory is emptied: a flood of user agents costs time, never memory. */
const MAX_PEERS = 1000;

/** `host`, `host:port`, `[v6]:port`; what a well-formed Host header looks like (RFC 9110, section 7.2). */
const HOST = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?$/;

/**
 * The attributes that requests from the same client to the same address have in common. One object for all of them, so
 * that the store keeps them once.
 */
export class Peers {
  readonly #recorder: AttributeRecorder;
  readonly #known = new Map<string, SharedAttributes>();

  constructor(recorder: AttributeRecorder) {
    this.#recorder = recorder;
  }

  of(request: IncomingMessage, headers: IncomingHttpHeaders): SharedAttributes {
    const { host, 'user-agent': userAgent } = headers;
    const scheme = (request.socket as TLSSocket).encrypted ? 'https' : 'http';
    const key = `${scheme} ${request.httpVersion} ${host} ${userAgent}`;
    let shared = this.#known.get(key);
    if (shared === undefined) {
      shared = this.#describe(request, scheme);
      if (this.#known.size >= MAX_PEERS) this.#known.clear();
      this.#known.set(key, shared);
    }
    return shared;
  }

  #describe(request: IncomingMessage, scheme: string): SharedAttributes {
    const bag = new AttributeBag();
    const [, name, port] = HOST.exec(request.headers.host ?? '') ?? [];
    const fallbackPort = scheme === 'https' ? 443 : 80;
    this.#recorder.set(bag, 'url.scheme', scheme);
    this.#recorder.set(bag, 'server.address', name ?? request.socket.localAddress);
    this.#recorder.set(
      bag,
      'server.port',
      name === undefined ? request.socket.localPort : Number(port ?? fallbackPort),
    );
    this.#recorder.set(bag, 'network.protocol.version', request.httpVersion);
    this.#recorder.set(bag, 'user_agent.original', request.headers['user-agent']);
    return Object.freeze(bag.values);
  }
}
