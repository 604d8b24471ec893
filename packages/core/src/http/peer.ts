import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { AttributeBag, type AttributeRecorder } from '../attributes/attribute-recorder.js';
import type { SharedAttributes } from '../trace/span.js';

/** Distinct peers remembered before the memory is emptied: a flood of user agents costs time, never memory. */
const MAX_PEERS = 1000;

/** `host`, `host:port`, `[v6]:port`; what a well-formed Host header looks like (RFC 9110, section 7.2). */
const HOST = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?$/;

/** Characters that an idle connection may keep: some agents send kilobytes. */
const MAX_KEPT = 1_024;

/** Where a connection keeps who its last request was from: most often the next one is from the same. */
const LAST = Symbol('ferretjs.lastPeer');

interface Peer {
  readonly owner: Peers;
  readonly httpVersion: string;
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
  readonly attributes: SharedAttributes;
}

interface PeerSocket extends Socket {
  readonly encrypted?: boolean;
  [LAST]?: Peer;
}

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

  of(request: IncomingMessage, { host, 'user-agent': userAgent }: IncomingHttpHeaders): SharedAttributes {
    const { httpVersion } = request;
    const socket: PeerSocket = request.socket;
    const last = socket[LAST];
    if (
      last !== undefined &&
      last.owner === this &&
      last.userAgent === userAgent &&
      last.host === host &&
      last.httpVersion === httpVersion
    ) {
      return last.attributes;
    }
    const attributes = this.#lookUp(request, socket.encrypted === true ? 'https' : 'http');
    if (`${host}${userAgent}`.length <= MAX_KEPT)
      socket[LAST] = { owner: this, httpVersion, host, userAgent, attributes };
    return attributes;
  }

  #lookUp(request: IncomingMessage, scheme: string): SharedAttributes {
    const { host, 'user-agent': userAgent } = request.headers;
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
