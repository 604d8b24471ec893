import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { AttributeBag, type AttributeRecorder } from '../attributes/attribute-recorder.js';
import { BoundedMemo } from '../bounded-memo.js';
import { owned } from '../owned-text.js';
import { compiled } from '../stack-room.js';
import type { SharedAttributes } from '../trace/span.js';

/** Distinct peers that are remembered before the map is emptied. A flood of user agents costs time, but no memory. */
const MAX_PEERS = 1000;

/** A well-formed Host header: `host`, `host:port` or `[v6]:port` (RFC 9110, section 7.2). */
const HOST = compiled(/^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?$/);

/**
 * Maximum number of characters of host and user agent that a connection keeps while idle: some agents send kilobytes.
 */
const MAX_KEPT = 1_024;

/** The property of a socket that holds the peer of its last request: the next request most often has the same peer. */
const LAST = Symbol('ferretjs.lastPeer');

interface LastPeer {
  readonly owner: Peers;
  readonly httpVersion: string;
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
  readonly attributes: SharedAttributes;
}

export interface PeerSocket extends Socket {
  readonly encrypted?: boolean;
  [LAST]?: LastPeer;
}

/** The sender of a request and the address it was sent to, as the request states them. */
export interface Peer {
  readonly httpVersion: string;
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
  readonly socket: PeerSocket | undefined;
  /** The local address of the connection; needed if `host` is missing or malformed. */
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/**
 * The attributes that requests from the same client to the same address have in common. They share one object, so that
 * the store writes the attributes once.
 */
export class Peers {
  readonly #recorder: AttributeRecorder;
  readonly #known = new BoundedMemo<SharedAttributes>(MAX_PEERS);

  constructor(recorder: AttributeRecorder) {
    this.#recorder = recorder;
  }

  of(peer: Peer): SharedAttributes {
    const { httpVersion, host, userAgent, socket } = peer;
    const last = socket?.[LAST];
    if (
      last !== undefined &&
      last.owner === this &&
      last.userAgent === userAgent &&
      last.host === host &&
      last.httpVersion === httpVersion
    ) {
      return last.attributes;
    }
    const attributes = this.#lookUp(peer);
    const isShort = (host?.length ?? 0) + (userAgent?.length ?? 0) <= MAX_KEPT;
    // The socket of a mock may be frozen.
    if (socket !== undefined && isShort && Object.isExtensible(socket)) {
      socket[LAST] = {
        owner: this,
        httpVersion,
        host: host && owned(host),
        userAgent: userAgent && owned(userAgent),
        attributes,
      };
    }
    return attributes;
  }

  #lookUp(peer: Peer): SharedAttributes {
    const scheme = peer.socket?.encrypted === true ? 'https' : 'http';
    const key = `${scheme} ${peer.httpVersion} ${peer.host} ${peer.userAgent}`;
    let shared = this.#known.get(key);
    if (shared === undefined) {
      shared = this.#describe(peer, scheme);
      this.#known.set(key, shared);
    }
    return shared;
  }

  #describe({ httpVersion, host, userAgent, localAddress, localPort }: Peer, scheme: string): SharedAttributes {
    const bag = new AttributeBag();
    const [, name, port] = HOST.exec(host ?? '') ?? [];
    const fallbackPort = scheme === 'https' ? 443 : 80;
    this.#recorder.set(bag, 'url.scheme', scheme);
    this.#recorder.set(bag, 'server.address', name ?? localAddress);
    this.#recorder.set(bag, 'server.port', name === undefined ? localPort : Number(port ?? fallbackPort));
    this.#recorder.set(bag, 'network.protocol.version', httpVersion);
    this.#recorder.set(bag, 'user_agent.original', userAgent);
    return Object.freeze(bag.values);
  }
}

/** The last host that was well-formed. Most services have few, so this saves most matches of the pattern. */
let lastNamed = '';

/** Whether the `host` header is a well-formed address. */
export function isNamed(host: string | undefined): boolean {
  if (host === lastNamed) return true;
  if (host === undefined || !HOST.test(host)) return false;
  lastNamed = owned(host);
  return true;
}

/** The host that the client asked for: the header `host`, on HTTP/2 `:authority` (RFC 9113, section 8.3.1). */
export function hostOf(headers: IncomingHttpHeaders): string | undefined {
  return headers.host ?? (headers[':authority'] as string | undefined);
}
