// Servers for the libraries benchmark, inside the process: streams that speak enough of a protocol to answer the one
// question of the benchmark at once, with one row. The cost of a client is then not lost in that of a network and a
// database.
import { Duplex } from 'node:stream';

/** A socket whose other end answers each message with what `answer` returns for it. */
export class StubSocket extends Duplex {
  readyState = 'open';
  #answer;

  /** @param greeting what the server says first */
  constructor(answer, greeting) {
    super();
    this.#answer = answer;
    process.nextTick(() => {
      this.emit('connect');
      if (greeting !== undefined) this.push(greeting);
    });
  }

  _read() {}

  _write(chunk, _encoding, done) {
    this.#reply(chunk);
    done();
  }

  /** Clients write the parts of a message one after the other: the answer is to all of them. */
  _writev(chunks, done) {
    this.#reply(Buffer.concat(chunks.map(({ chunk }) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk))));
    done();
  }

  #reply(message) {
    const reply = this.#answer(message);
    if (reply !== undefined) process.nextTick(() => this.push(reply));
  }

  connect() {
    return this;
  }
  setNoDelay() {
    return this;
  }
  setKeepAlive() {
    return this;
  }
  setTimeout() {
    return this;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
}

const REDIS_VALUE = Buffer.from('$5\r\nhello\r\n');
const REDIS_INFO = Buffer.from('$11\r\nloading:0\r\n\r\n');
const REDIS_OK = Buffer.from('+OK\r\n');

export function redisSocket() {
  return new StubSocket((message) => {
    const commands = message.toString('latin1').split(/(?=\*\d+\r\n\$)/);
    return Buffer.concat(
      commands.map((command) => {
        if (/\r\nget\r\n/i.test(command)) return REDIS_VALUE;
        return /\r\ninfo\r\n/i.test(command) ? REDIS_INFO : REDIS_OK;
      }),
    );
  });
}

export function postgresSocket() {
  const text = (value) => Buffer.from(`${value}\0`);
  const int16 = (value) => Buffer.from([(value >> 8) & 255, value & 255]);
  const int32 = (value) => Buffer.concat([int16(value >> 16), int16(value)]);
  const message = (type, ...parts) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
  };
  const ready = message('Z', Buffer.from('I'));
  const field = Buffer.concat([text('name'), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]);
  const row = message('D', int16(1), int32(5), Buffer.from('hello'));
  const welcome = Buffer.concat([message('R', int32(0)), ready]);
  const head = [message('1'), message('2'), message('T', int16(1), field)];
  const rows = Buffer.concat([...head, row, message('C', text('SELECT 1')), ready]);
  const SYNC = 'S'.charCodeAt(0);
  let isStarted = false;
  return new StubSocket((chunk) => {
    if (isStarted) return chunk.at(-5) === SYNC ? rows : undefined;
    isStarted = true;
    return welcome;
  });
}

export function mysqlSocket() {
  const packet = (sequence, ...bytes) => {
    const body = Buffer.concat(bytes.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from([part]))));
    return Buffer.concat([Buffer.from([body.length, 0, 0, sequence]), body]);
  };
  const zeros = (count) => Buffer.alloc(count);
  const text = (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const salt = (length) => Buffer.alloc(length, 'a');
  const end = (sequence) => packet(sequence, 0xfe, 0, 0, 2, 0);
  const greeting = packet(
    0,
    ...[10, Buffer.from('8.0.0\0'), Buffer.from([1, 0, 0, 0]), salt(8), 0, 0x09, 0xa2, 33, 2, 0, 0x08, 0, 21],
    ...[zeros(10), salt(12), 0, Buffer.from('mysql_native_password\0')],
  );
  const names = ['def', 'shop', 'users', 'users', 'name', 'name'].map(text);
  const column = packet(2, ...names, 12, 33, 0, Buffer.from([40, 0, 0, 0]), 253, 0, 0, 0, 0, 0);
  const rows = Buffer.concat([packet(1, 1), column, end(3), packet(4, text('hello')), end(5)]);
  const ok = packet(2, 0, 0, 0, 2, 0, 0, 0);
  let isStarted = false;
  return new StubSocket(() => {
    if (isStarted) return rows;
    isStarted = true;
    return ok;
  }, greeting);
}
