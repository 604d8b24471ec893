import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { AttributeRecorder } from '../attributes/attribute-recorder.js';
import type { Redactor } from '../attributes/redaction.js';
import type { LateDescription, SpanData } from '../trace/span-data.js';
import { hostOf, isNamed, type Peer, type PeerSocket, type Peers } from './peer.js';
import { redactQuery } from './url-query.js';

const PATH = 'url.path';
const QUERY = 'url.query';

/**
 * The attributes `url.path`, `url.query` and those of the peer. They are made only when the span is kept: searching for
 * secrets and finding the peer is most of the cost of a request, and a busy service keeps few spans. Until then this
 * object holds the original texts, so that later changes by the application have no effect.
 */
export class RequestDescription implements LateDescription, Peer {
  readonly httpVersion: string;
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
  readonly socket: PeerSocket | undefined;
  /** Read at the start if it will be needed: a closed socket no longer knows its address. */
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly #attributes: AttributeRecorder;
  readonly #redactor: Redactor;
  readonly #peers: Peers;
  readonly #url: string;
  /** Index of the question mark; -1 without a query. */
  readonly #question: number;

  constructor(
    attributes: AttributeRecorder,
    redactor: Redactor,
    peers: Peers,
    request: IncomingMessage,
    headers: IncomingHttpHeaders,
    url: string,
  ) {
    this.#attributes = attributes;
    this.#redactor = redactor;
    this.#peers = peers;
    this.#url = url;
    this.#question = url.indexOf('?');
    this.httpVersion = request.httpVersion;
    this.host = hostOf(headers);
    this.userAgent = headers['user-agent'];
    // Mocks and some serverless adapters have no socket.
    this.socket = request.socket;
    if (!isNamed(this.host)) {
      this.localAddress = this.socket?.localAddress;
      this.localPort = this.socket?.localPort;
    }
  }

  get path(): string {
    return pathOf(this.#question === -1 ? this.#url : this.#url.slice(0, this.#question));
  }

  get #query(): string {
    return this.#question === -1 ? '' : this.#url.slice(this.#question + 1);
  }

  /** Reserves room among the attributes of a span for those that this object will add. */
  reserve(data: SpanData): void {
    data.late = this;
    data.count += this.#question === -1 ? 1 : 2;
    data.size += this.#url.length;
  }

  /** Adds the attributes. Values that the application has set meanwhile stay. */
  addTo(data: SpanData): void {
    data.count -= this.#question === -1 ? 1 : 2;
    data.size -= this.#url.length;
    const { values } = data;
    if (!Object.hasOwn(values, PATH)) this.#attributes.set(data, PATH, this.path);
    const query = this.#query;
    if (query !== '' && !Object.hasOwn(values, QUERY))
      this.#attributes.set(data, QUERY, redactQuery(query, this.#redactor));
    // This comes last, because reading a socket of the application's own make may throw.
    data.sharedAttributes = this.#peers.of(this);
  }
}

/** The path of a request target: `/a` of `/a` and of `http://host/a` (RFC 9112, section 3.2). */
function pathOf(target: string): string {
  if (target.startsWith('/') || !target.includes('://')) return target;
  const slash = target.indexOf('/', target.indexOf('://') + 3);
  return slash === -1 ? '/' : target.slice(slash);
}
