// SQL Server cannot be installed where these tests run. This peer speaks as much of its protocol (TDS 7.4) as the real
// client needs to log in and to have its requests answered. It knows no SQL: words in the text of a request choose one
// of a few answers, among them errors with the numbers and texts of SQL Server.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Service } from './program.js';
import {
  done,
  doneCancelled,
  doneFailed,
  doneInProcedure,
  error,
  integers,
  loginAccepted,
  prelogin,
  returned,
  transaction,
} from './sql-server-tokens.js';

export const sqlServer = { start };

const Type = { Batch: 1, Rpc: 3, Answer: 4, Attention: 6, BulkLoad: 7, Transaction: 14, Login: 16, Prelogin: 18 };
const HEADER_BYTES = 8;
const LAST = 1;

async function start(): Promise<Service> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket);
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

/** A message is one packet or several. */
function serve(socket: Socket): void {
  let received = Buffer.alloc(0);
  let parts: Buffer[] = [];
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= HEADER_BYTES && received.length >= received.readUInt16BE(2)) {
      const [type = 0, status = 0] = received;
      const size = received.readUInt16BE(2);
      parts.push(received.subarray(HEADER_BYTES, size));
      received = received.subarray(size);
      if ((status & LAST) === 0) continue;
      const message = Buffer.concat(parts);
      parts = [];
      if (type === Type.Attention) {
        // The answer to the request ends; that it was cancelled is a message of its own.
        socket.write(Buffer.concat([packet(done()), packet(doneCancelled())]));
        continue;
      }
      const answer = answerTo(type, message);
      if (answer === 'break') socket.destroy();
      else if (answer !== undefined) socket.write(packet(answer));
    }
  });
}

function packet(body: Buffer): Buffer {
  const header = Buffer.from([Type.Answer, LAST, 0, 0, 0, 0, 1, 0]);
  header.writeUInt16BE(HEADER_BYTES + body.length, 2);
  return Buffer.concat([header, body]);
}

/** `undefined`: the peer keeps silent. */
function answerTo(type: number, body: Buffer): Buffer | 'break' | undefined {
  switch (type) {
    case Type.Prelogin:
      return prelogin();
    case Type.Login:
      return Buffer.concat([loginAccepted(), done()]);
    case Type.BulkLoad:
      return done(2);
    case Type.Transaction:
      return Buffer.concat([transaction(changeOf(body)), done()]);
    default:
      // After the headers, in UTF-16 at an even or an odd place.
      return answerToText(body.toString('latin1', body.readUInt32LE(0)).replaceAll('\0', ''), type === Type.Rpc);
  }
}

function changeOf(body: Buffer): 8 | 9 | 10 {
  const request = body.readUInt16LE(body.readUInt32LE(0));
  return request === 5 ? 8 : request === 7 ? 9 : 10;
}

const SP_PREPARE = '\xff\xff\x0b';

function answerToText(text: string, isRpc: boolean): Buffer | 'break' | undefined {
  if (text.startsWith(SP_PREPARE)) return Buffer.concat([returned('@handle', 1), doneInProcedure(0)]);
  if (text.includes('WAITFOR')) return undefined;
  if (text.includes('BREAK')) return 'break';
  if (text.includes('no_such_table')) return failure(208, "Invalid object name 'no_such_table'.");
  if (text.includes('duplicate')) {
    const message = `Violation of UNIQUE KEY constraint 'UQ'. The duplicate key value is (${/cAnArY-\d+/.exec(text)}).`;
    return failure(2_627, message);
  }
  if (text.includes('RAISERROR')) return failure(50_000, `${/cAnArY-\d+/.exec(text)} is no customer`);
  if (/select|users_named/i.test(text) && !/^insert/i.test(text)) {
    return Buffer.concat([integers('id', [7, 8]), isRpc ? doneInProcedure(2) : done(2)]);
  }
  return isRpc ? doneInProcedure(1) : done(1);
}

function failure(number: number, message: string): Buffer {
  return Buffer.concat([error(number, message), doneFailed()]);
}
