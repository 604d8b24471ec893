import { randomFillSync } from 'node:crypto';
import { owned } from '../owned-text.js';

/** Random bytes come from the system's secure source, 16 KiB at a time: asking for eight of them costs 2.5 us. */
const POOL_WORDS = 4096;
const pool = new Int32Array(POOL_WORDS);
let next = POOL_WORDS;

function randomWord(): number {
  if (next === POOL_WORDS) {
    randomFillSync(pool);
    next = 0;
  }
  return pool[next++]!;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The four bytes of a word, the lowest first, as hex digits. */
function hexOf(word: number): string {
  return HEX[word & 255]! + HEX[(word >>> 8) & 255]! + HEX[(word >>> 16) & 255]! + HEX[word >>> 24]!;
}

function keyOf(a: number, b: number): number {
  return (a & 0xfffff) * 2 ** 32 + (b >>> 0);
}

/** The word of eight hex digits. */
function wordOf(hex: string, at: number): number {
  const word = Number.parseInt(hex.slice(at, at + 8), 16);
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** The id of a trace, sixteen bytes, as words. One object for all its spans in this process. */
class TraceId {
  constructor(
    readonly a: number,
    readonly b: number,
    readonly c: number,
    readonly d: number,
    private known?: string,
  ) {}

  /** 32 lower-case hex digits. */
  get text(): string {
    this.known ??= hexOf(this.a) + hexOf(this.b) + hexOf(this.c) + hexOf(this.d);
    return this.known;
  }
}

function createTraceId(): TraceId {
  const id = new TraceId(randomWord(), randomWord(), randomWord(), randomWord());
  // W3C Trace Context forbids an id of zeros alone.
  return (id.a | id.b | id.c | id.d) === 0 ? createTraceId() : id;
}

function parseTraceId(text: string): TraceId {
  return new TraceId(wordOf(text, 0), wordOf(text, 8), wordOf(text, 16), wordOf(text, 24), owned(text));
}

/**
 * Where a span belongs: its trace, its own id, and its parent's. They are kept as the words they are; the hex digits
 * that people and headers know are made when they are asked for, which for most spans is never.
 */
export class SpanIds {
  /** Number of bytes that {@link writeTo} writes: trace id, span id, parent id. */
  static readonly BYTES = 32;

  private constructor(
    private readonly trace: TraceId,
    private readonly a: number,
    private readonly b: number,
    /** Zeros where there is no parent. */
    private readonly parentA: number,
    private readonly parentB: number,
  ) {}

  /** Makes the ids of the first span of a new trace. */
  static root(): SpanIds {
    return SpanIds.random(createTraceId(), 0, 0);
  }

  /** Makes the ids of a span below another one in this process. */
  static below({ trace, a, b }: SpanIds): SpanIds {
    return SpanIds.random(trace, a, b);
  }

  /** Makes the ids of a span below one whose ids are known as text. */
  static continuing(traceId: string, parentId: string): SpanIds {
    return SpanIds.random(parseTraceId(traceId), wordOf(parentId, 0), wordOf(parentId, 8));
  }

  /** Reads the ids of an existing span. */
  static parse(traceId: string, spanId: string, parentId: string | undefined): SpanIds {
    const [parentA, parentB] = parentId === undefined ? [0, 0] : [wordOf(parentId, 0), wordOf(parentId, 8)];
    return new SpanIds(parseTraceId(traceId), wordOf(spanId, 0), wordOf(spanId, 8), parentA, parentB);
  }

  private static random(trace: TraceId, parentA: number, parentB: number): SpanIds {
    const ids = new SpanIds(trace, randomWord(), randomWord(), parentA, parentB);
    return (ids.a | ids.b) === 0 ? SpanIds.random(trace, parentA, parentB) : ids;
  }

  /** 32 lower-case hex digits. */
  get traceId(): string {
    return this.trace.text;
  }

  /** 16 lower-case hex digits. */
  get spanId(): string {
    return hexOf(this.a) + hexOf(this.b);
  }

  /** 16 lower-case hex digits; `undefined` for the first span of a trace. */
  get parentId(): string | undefined {
    return this.hasParent ? hexOf(this.parentA) + hexOf(this.parentB) : undefined;
  }

  get hasParent(): boolean {
    return (this.parentA | this.parentB) !== 0;
  }

  /** A number for the span: 52 bits of its id, enough to tell apart the spans of one trace, and cheaper than digits. */
  get key(): number {
    return keyOf(this.a, this.b);
  }

  /** {@link key} of the parent; 0 for the first span of a trace. */
  get parentKey(): number {
    return keyOf(this.parentA, this.parentB);
  }

  /** Whether both have the same parent. */
  isSiblingOf({ parentA, parentB }: SpanIds): boolean {
    return this.parentA === parentA && this.parentB === parentB;
  }

  /** Their bytes, for SQLite. */
  writeTo(words: DataView, offset: number): void {
    const { a, b, c, d } = this.trace;
    words.setInt32(offset, a, true);
    words.setInt32(offset + 4, b, true);
    words.setInt32(offset + 8, c, true);
    words.setInt32(offset + 12, d, true);
    words.setInt32(offset + 16, this.a, true);
    words.setInt32(offset + 20, this.b, true);
    words.setInt32(offset + 24, this.parentA, true);
    words.setInt32(offset + 28, this.parentB, true);
  }
}
