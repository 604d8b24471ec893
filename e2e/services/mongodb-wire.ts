import { type Document, deserialize, serialize } from 'bson';

/** A message of MongoDB's wire protocol, as far as drivers send them. */
export interface Message {
  readonly requestId: number;
  readonly command: Document;
  /** Whether the driver waits for an answer. */
  readonly isAnswered: boolean;
  /** Whether it has come as an `OP_QUERY`, as the first of a connection does. */
  readonly isLegacy: boolean;
}

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;
const MORE_TO_COME = 2;

/**
 * Whether chunks that a socket has received may make a whole message. Without it, one of 10 MB would be copied often.
 */
export function hasMessage([first, ...others]: readonly Buffer[]): boolean {
  if (first === undefined || first.length < 4) return others.length > 0;
  return others.reduce((size, { length }) => size + length, first.length) >= first.readInt32LE(0);
}

/** Takes whole messages off the front of what a socket has received. Returns them, and the rest. */
export function takeMessages(received: Buffer): { readonly messages: readonly Message[]; readonly rest: Buffer } {
  const messages: Message[] = [];
  let rest = received;
  while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
    const size = rest.readInt32LE(0);
    messages.push(messageIn(rest.subarray(0, size)));
    rest = rest.subarray(size);
  }
  return { messages, rest };
}

function messageIn(bytes: Buffer): Message {
  const requestId = bytes.readInt32LE(4);
  const code = bytes.readInt32LE(12);
  const body = bytes.subarray(HEADER_BYTES);
  if (code === OP_QUERY) {
    const command = deserialize(body.subarray(body.indexOf(0, 4) + 1 + 8));
    return { requestId, command, isAnswered: true, isLegacy: true };
  }
  if (code !== OP_MSG) throw new Error(`The peer does not know the message ${code}.`);
  const isAnswered = (body.readUInt32LE(0) & MORE_TO_COME) === 0;
  return { requestId, command: commandIn(body.subarray(4)), isAnswered, isLegacy: false };
}

/** A command is one document, and may have lists of documents beside it. */
function commandIn(sections: Buffer): Document {
  let command: Document = {};
  for (let rest = sections; rest.length > 0; ) {
    const size = rest.readInt32LE(1);
    const section = rest.subarray(1, 1 + size);
    if (rest[0] === 0) {
      command = { ...deserialize(section), ...command };
    } else {
      const end = section.indexOf(0, 4);
      command[section.toString('utf8', 4, end)] = documentsIn(section.subarray(end + 1));
    }
    rest = rest.subarray(1 + size);
  }
  return command;
}

function documentsIn(bytes: Buffer): readonly Document[] {
  const documents: Document[] = [];
  for (let rest = bytes; rest.length > 0; rest = rest.subarray(rest.readInt32LE(0))) {
    documents.push(deserialize(rest.subarray(0, rest.readInt32LE(0))));
  }
  return documents;
}

/** The answer to a message, in the form in which that has come. */
export function answerTo({ requestId, isLegacy }: Message, answer: Document): Buffer {
  const document = serialize(answer);
  const before = Buffer.alloc(isLegacy ? HEADER_BYTES + 20 : HEADER_BYTES + 5);
  before.writeInt32LE(before.length + document.length, 0);
  before.writeInt32LE(requestId, 8);
  before.writeInt32LE(isLegacy ? OP_REPLY : OP_MSG, 12);
  if (isLegacy) before.writeInt32LE(1, HEADER_BYTES + 16);
  return Buffer.concat([before, document]);
}
