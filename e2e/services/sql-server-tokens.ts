// Parts of answers in TDS, the protocol of SQL Server (MS-TDS, 2.2.7).

const DONE = 0xfd;
const DONE_PROC = 0xfe;
const DONE_IN_PROC = 0xff;
const RETURN_STATUS = 0x79;
const COUNT_IS_VALID = 0x10;
const ERROR = 0x02;
const ATTENTION = 0x20;

/** The end of an answer, with how many rows it was about. */
export function done(rows?: number): Buffer {
  return doneWith(DONE, rows === undefined ? 0 : COUNT_IS_VALID, rows);
}

/** The end of a procedure's answer, with how many rows its statement was about. */
export function doneInProcedure(rows: number): Buffer {
  const status = Buffer.concat([Buffer.from([RETURN_STATUS]), i32(0)]);
  return Buffer.concat([doneWith(DONE_IN_PROC, COUNT_IS_VALID, rows), status, doneWith(DONE_PROC, 0)]);
}

/** The end of an answer that has failed, after `error`. */
export function doneFailed(): Buffer {
  return doneWith(DONE, ERROR);
}

/** The end of a request that has been cancelled. */
export function doneCancelled(): Buffer {
  return doneWith(DONE, ATTENTION);
}

function doneWith(token: number, status: number, rows = 0): Buffer {
  return Buffer.concat([Buffer.from([token]), u16(status), u16(0), i32(rows), i32(0)]);
}

/** The server's word that it has accepted the login: TDS 7.4. */
export function loginAccepted(): Buffer {
  const body = [Buffer.from([1, 0x74, 0, 0, 4]), shortText('Peer'), Buffer.from([16, 0, 0, 0])];
  return withLength(0xad, Buffer.concat(body));
}

/** The answer to the first message: version, and that nothing is encrypted. */
export function prelogin(): Buffer {
  const offset = 11;
  return Buffer.from([0, 0, offset, 0, 6, 1, 0, offset + 6, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2]);
}

/** A result with one column of integers. */
export function integers(column: string, values: readonly number[]): Buffer {
  const head = [Buffer.from([0x81]), u16(1), i32(0), u16(1), Buffer.from([0x26, 4]), shortText(column)];
  const rows = values.map((value) => Buffer.concat([Buffer.from([0xd1, 4]), i32(value)]));
  return Buffer.concat([...head, ...rows]);
}

/** An output parameter that is an integer. */
export function returned(name: string, value: number): Buffer {
  const type = [Buffer.from([1]), i32(0), u16(0), Buffer.from([0x26, 4])];
  return Buffer.concat([Buffer.from([0xac]), u16(0), shortText(name), ...type, Buffer.from([4]), i32(value)]);
}

export function error(number: number, message: string): Buffer {
  const text = Buffer.from(message, 'utf16le');
  const body = [i32(number), Buffer.from([1, 16]), u16(message.length), text, shortText('peer'), shortText(''), i32(1)];
  return withLength(0xaa, Buffer.concat(body));
}

/** A transaction has begun (8), or ended (9, 10). */
export function transaction(change: 8 | 9 | 10): Buffer {
  const descriptor = Buffer.from([8, 1, 0, 0, 0, 0, 0, 0, 0]);
  const none = Buffer.from([0]);
  return withLength(
    0xe3,
    Buffer.concat([Buffer.from([change]), ...(change === 8 ? [descriptor, none] : [none, descriptor])]),
  );
}

function withLength(token: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([token]), u16(body.length), body]);
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
