import { createServer, type Socket } from 'node:net';
import type { Service } from './program.js';

/**
 * No Kafka: a small peer that speaks as much of its protocol as one producer and one consumer need, in the oldest
 * versions of each request that kafkajs knows. It has one partition for every topic, keeps what it is sent in memory as
 * it came, and has one member in each group. Kafka itself cannot be had from npm or Debian.
 */
export const kafka = { start };

const [PRODUCE, FETCH, LIST_OFFSETS, METADATA, OFFSET_COMMIT, OFFSET_FETCH] = [0, 1, 2, 3, 8, 9];
const [FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP, API_VERSIONS] = [10, 11, 12, 13, 14, 18];

const VERSIONS: readonly (readonly [key: number, version: number])[] = [
  [PRODUCE, 3],
  [FETCH, 4],
  [LIST_OFFSETS, 1],
  [METADATA, 1],
  [OFFSET_COMMIT, 2],
  [OFFSET_FETCH, 1],
  [FIND_COORDINATOR, 0],
  [JOIN_GROUP, 0],
  [HEARTBEAT, 0],
  [LEAVE_GROUP, 0],
  [SYNC_GROUP, 0],
  [API_VERSIONS, 0],
];

/** Records that were sent as one, with the offset of the first. */
interface RecordBatch {
  readonly offset: number;
  readonly bytes: Buffer;
}

interface Log {
  readonly batches: RecordBatch[];
  next: number;
}

const NO_TOPIC = 3;
/** In a record batch, where its first offset and the number of its records are. */
const OFFSET_AT = 0;
const COUNT_AT = 57;

async function start(): Promise<Service> {
  const logs = new Map<string, Log>();
  const committed = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)).on('error', () => {}));
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const size = rest.readInt32BE(0);
        answer(socket, new Reader(rest.subarray(4, 4 + size)));
        rest = rest.subarray(4 + size);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };

  const logOf = (topic: string): Log => {
    const log = logs.get(topic) ?? { batches: [], next: 0 };
    logs.set(topic, log);
    return log;
  };

  function answer(socket: Socket, request: Reader): void {
    const key = request.int16();
    request.int16();
    const correlation = request.int32();
    request.string();
    const response = handlers[key]?.(request, new Writer().int32(correlation));
    if (response === undefined) throw new Error(`No answer to requests of the kind ${key}`);
    const send = () => socket.writable && socket.write(response.withSize());
    // An answer without records waits for some, as a server does.
    if (key === FETCH && response.isIdle) setTimeout(send, 20);
    else send();
  }

  const handlers: Readonly<Record<number, (request: Reader, response: Writer) => Writer>> = {
    [API_VERSIONS]: (_, response) =>
      response.int16(0).list(VERSIONS, ([key, version]) => response.int16(key).int16(version).int16(version)),
    [METADATA]: (request, response) =>
      response
        .list([1], (node) => response.int32(node).string('127.0.0.1').int32(port).string(null))
        .int32(1)
        .list(
          request.list(() => request.string()),
          (topic) =>
            response
              .int16(topic.startsWith('no.') ? NO_TOPIC : 0)
              .string(topic)
              .int8(0)
              .list(topic.startsWith('no.') ? [] : [0], (partition) =>
                response
                  .int16(0)
                  .int32(partition)
                  .int32(1)
                  .list([1], (node) => response.int32(node))
                  .list([1], (node) => response.int32(node)),
              ),
        ),
    [PRODUCE]: (request, response) => {
      request.string();
      request.int16();
      request.int32();
      const sent = request.list(() => ({
        topic: request.string(),
        records: request.list(() => [request.int32(), request.bytes()] as const),
      }));
      return response
        .list(sent, ({ topic, records }) => {
          const log = logOf(topic);
          response.string(topic).list(records, ([partition, bytes]) => {
            const offset = log.next;
            const kept = Buffer.from(bytes);
            kept.writeBigInt64BE(BigInt(offset), OFFSET_AT);
            log.batches.push({ offset, bytes: kept });
            log.next += kept.readInt32BE(COUNT_AT);
            response.int32(partition).int16(0).int64(offset).int64(-1);
          });
        })
        .int32(0);
    },
    [FETCH]: (request, response) => {
      for (let n = 0; n < 4; n++) request.int32();
      request.int8();
      const wanted = request.list(() => ({
        topic: request.string(),
        offsets: request.list(() => [request.int32(), request.int64(), request.int32()] as const),
      }));
      return response.int32(0).list(wanted, ({ topic, offsets }) => {
        const { batches, next } = logOf(topic);
        response.string(topic).list(offsets, ([partition, offset]) => {
          const found = batches.filter((batch) => batch.offset >= offset).slice(0, 1);
          response.isIdle &&= found.length === 0;
          response.int32(partition).int16(0).int64(next).int64(next).int32(-1);
          response.bytes(found[0]?.bytes ?? Buffer.alloc(0));
        });
      });
    },
    [LIST_OFFSETS]: (request, response) => {
      request.int32();
      const wanted = request.list(() => ({
        topic: request.string(),
        times: request.list(() => [request.int32(), request.int64()] as const),
      }));
      return response.list(wanted, ({ topic, times }) =>
        response.string(topic).list(times, ([partition, time]) =>
          response
            .int32(partition)
            .int16(0)
            .int64(-1)
            .int64(time === -1 ? logOf(topic).next : 0),
        ),
      );
    },
    [FIND_COORDINATOR]: (_, response) => response.int16(0).int32(1).string('127.0.0.1').int32(port),
    [JOIN_GROUP]: (request, response) => {
      request.string();
      request.int32();
      request.string();
      request.string();
      const [protocol] = request.list(() => ({ name: request.string(), metadata: request.bytes() }));
      return response
        .int16(0)
        .int32(1)
        .string(protocol?.name ?? '')
        .string('member')
        .string('member')
        .list([protocol?.metadata ?? Buffer.alloc(0)], (metadata) => response.string('member').bytes(metadata));
    },
    [SYNC_GROUP]: (request, response) => {
      request.string();
      request.int32();
      request.string();
      const [assigned] = request.list(() => [request.string(), request.bytes()] as const);
      return response.int16(0).bytes(assigned?.[1] ?? Buffer.alloc(0));
    },
    [HEARTBEAT]: (_, response) => response.int16(0),
    [LEAVE_GROUP]: (_, response) => response.int16(0),
    [OFFSET_FETCH]: (request, response) => {
      const group = request.string();
      const wanted = request.list(() => [request.string(), request.list(() => request.int32())] as const);
      return response.list(wanted, ([topic, partitions]) =>
        response.string(topic).list(partitions, (partition) =>
          response
            .int32(partition)
            .int64(committed.get(`${group} ${topic}`) ?? -1)
            .string('')
            .int16(0),
        ),
      );
    },
    [OFFSET_COMMIT]: (request, response) => {
      const group = request.string();
      request.int32();
      request.string();
      request.int64();
      const offsets = request.list(() => ({
        topic: request.string(),
        partitions: request.list(() => ({
          partition: request.int32(),
          offset: request.int64(),
          text: request.string(),
        })),
      }));
      return response.list(offsets, ({ topic, partitions }) =>
        response.string(topic).list(partitions, ({ partition, offset }) => {
          committed.set(`${group} ${topic}`, offset);
          response.int32(partition).int16(0);
        }),
      );
    },
  };

  return {
    port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Reads the fields of a request, one after the other. */
class Reader {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4));
  }

  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#skip(8)));
  }

  /** An absent text is an empty one. */
  string(): string {
    const length = Math.max(0, this.int16());
    const at = this.#skip(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  list<Item>(read: () => Item): Item[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  #skip(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

/** Writes the fields of a response, one after the other. */
class Writer {
  /** Whether there is nothing new in it. */
  isIdle = true;
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#add(1, (part) => part.writeInt8(value));
  }

  int16(value: number): this {
    return this.#add(2, (part) => part.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#add(4, (part) => part.writeInt32BE(value));
  }

  int64(value: number): this {
    return this.#add(8, (part) => part.writeBigInt64BE(BigInt(value)));
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    this.int16(Buffer.byteLength(value));
    this.#parts.push(Buffer.from(value));
    return this;
  }

  bytes(value: Buffer): this {
    this.int32(value.length);
    this.#parts.push(value);
    return this;
  }

  list<Item>(items: readonly Item[], write: (item: Item) => unknown): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  withSize(): Buffer {
    const body = Buffer.concat(this.#parts);
    return Buffer.concat([new Writer().int32(body.length).#parts[0] ?? Buffer.alloc(0), body]);
  }

  #add(size: number, write: (part: Buffer) => unknown): this {
    const part = Buffer.alloc(size);
    write(part);
    this.#parts.push(part);
    return this;
  }
}
