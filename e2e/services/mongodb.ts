// MongoDB cannot be installed where these tests run. This peer speaks as much of its wire protocol as the real drivers
// need to believe it: hello, a few commands over documents in memory, cursors, and errors with the codes and texts of
// MongoDB. It has no query language: a filter is equality of fields, and a pipeline is not run.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Document, Long } from 'bson';
import { answerTo, hasMessage, type Message, takeMessages } from './mongodb-wire.js';
import type { Service } from './program.js';

export const mongodb = { start };

async function start(): Promise<Service> {
  const sockets = new Set<Socket>();
  const peer = new Peer();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const received: Buffer[] = [];
    socket.on('data', (chunk) => {
      received.push(chunk);
      if (!hasMessage(received)) return;
      const { messages, rest } = takeMessages(Buffer.concat(received.splice(0)));
      if (rest.length > 0) received.push(Buffer.from(rest));
      for (const message of messages) respond(peer, socket, message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function respond(peer: Peer, socket: Socket, message: Message): void {
  const answer = peer.answer(message.command);
  if (answer === 'break') socket.destroy();
  else if (answer === 'hold') peer.held = () => socket.write(answerTo(message, NOTHING_FOUND));
  else if (answer !== 'never' && message.isAnswered) socket.write(answerTo(message, answer));
}

const NOTHING_FOUND = { ok: 1, cursor: { id: Long.ZERO, ns: 'shop.users', firstBatch: [] } };

/** The fate of a command that the peer does not answer: at all, or yet, or ever as its connection breaks. */
type Silence = 'never' | 'hold' | 'break';

const HELLO = {
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
  ok: 1,
};

class Peer {
  readonly #collections = new Map<string, Document[]>();
  readonly #cursors = new Map<number, { readonly namespace: string; documents: readonly Document[] }>();
  #lastCursor = 0;

  /** Answers the command that was held back. */
  held: () => void = () => {};

  answer(command: Document): Document | Silence {
    const [name = ''] = Object.keys(command);
    switch (name) {
      case 'hello':
      case 'ismaster':
      case 'isMaster':
        return HELLO;
      case 'ping':
      case 'endSessions':
      case 'killCursors':
      case 'createIndexes':
        return { ok: 1 };
      case 'insert':
        return this.#insert(this.#of(command, name), command['documents'] as Document[]);
      case 'update':
        return { ok: 1, n: 1, nModified: 1 };
      case 'delete':
        return this.#delete(command);
      case 'drop':
        this.#collections.delete(String(command[name]));
        return { ok: 1 };
      case 'find':
        return this.#find(command);
      case 'aggregate':
        return this.#cursor(command, name, [{ n: this.#of(command, name).length }]);
      case 'getMore':
        return this.#next(Number(command['getMore']), Number(command['batchSize'] ?? 101), 'nextBatch');
      case 'findAndModify':
        return failure(121, 'DocumentValidationFailure', 'Document failed validation', command['query']);
      default:
        return failure(59, 'CommandNotFound', `no such command: '${name}'`);
    }
  }

  #of(command: Document, name: string): Document[] {
    const collection = String(command[name]);
    const documents = this.#collections.get(collection) ?? [];
    this.#collections.set(collection, documents);
    return documents;
  }

  #insert(collection: Document[], documents: readonly Document[]): Document {
    const writeErrors: Document[] = [];
    for (const [index, document] of documents.entries()) {
      if (collection.some(({ _id: id }) => String(id) === String(document['_id']))) {
        const errmsg = `E11000 duplicate key error collection: test.users dup key: { _id: "${document['_id']}" }`;
        writeErrors.push({ index, code: 11_000, errmsg, keyValue: { _id: document['_id'] } });
      } else collection.push(document);
    }
    return { ok: 1, n: documents.length - writeErrors.length, ...(writeErrors.length > 0 && { writeErrors }) };
  }

  #delete(command: Document): Document {
    const collection = this.#of(command, 'delete');
    const before = collection.length;
    collection.length = 0;
    return { ok: 1, n: before };
  }

  #find(command: Document): Document | Silence {
    const filter = (command['filter'] ?? {}) as Document;
    if ('never' in filter) return 'never';
    if ('break' in filter) return 'break';
    if ('hold' in filter) return 'hold';
    if ('release' in filter) this.held();
    const unknown = Object.keys(filter).find((key) => key.startsWith('$'));
    if (unknown !== undefined) return failure(2, 'BadValue', `unknown top level operator: ${unknown}`, filter);
    const found = this.#of(command, 'find').filter((document) =>
      Object.entries(filter).every(([key, value]) => String(document[key]) === String(value)),
    );
    return this.#cursor(command, 'find', command['limit'] ? found.slice(0, Number(command['limit'])) : found);
  }

  #cursor(command: Document, name: string, documents: readonly Document[]): Document {
    const id = ++this.#lastCursor;
    this.#cursors.set(id, { namespace: `${command['$db']}.${command[name]}`, documents });
    return this.#next(id, Number(command['batchSize'] ?? 101), 'firstBatch');
  }

  #next(id: number, size: number, field: string): Document {
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) return failure(43, 'CursorNotFound', `cursor id ${id} not found`);
    const batch = cursor.documents.slice(0, size);
    cursor.documents = cursor.documents.slice(size);
    const isDone = cursor.documents.length === 0;
    if (isDone) this.#cursors.delete(id);
    return { ok: 1, cursor: { id: isDone ? Long.ZERO : Long.fromNumber(id), ns: cursor.namespace, [field]: batch } };
  }
}

function failure(code: number, codeName: string, errmsg: string, quoted?: unknown): Document {
  return { ok: 0, errmsg: quoted === undefined ? errmsg : `${errmsg}: ${JSON.stringify(quoted)}`, code, codeName };
}
