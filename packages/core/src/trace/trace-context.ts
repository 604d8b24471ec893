import { owned } from '../owned-text.js';
import { compiled } from '../stack-room.js';

/** Trace flags (W3C Trace Context Level 2, section 3.2.2.5). All other bits are unknown, and not passed on. */
export const SAMPLED_FLAG = 1;
/** The trace id's last seven bytes are random. True of every id that Ferret makes. */
export const RANDOM_FLAG = 2;

/** The trace that a request belongs to, as its caller says. */
export interface TraceParent {
  readonly traceId: string;
  readonly parentId: string;
  /** {@link SAMPLED_FLAG} and {@link RANDOM_FLAG}, as the caller set them. */
  readonly flags: number;
}

/** `version-traceId-parentId-flags`; a version above 00 may have more behind, after a hyphen. */
const TRACEPARENT = compiled(/^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/);

const NO_TRACE = '0'.repeat(32);
const NO_PARENT = '0'.repeat(16);

const TRACE_ID = compiled(/^[0-9a-f]{32}$/);
const SPAN_ID = compiled(/^[0-9a-f]{16}$/);

/** Whether a value is the id of a trace: 32 lower-case hex digits, not all of them 0. */
export function isTraceId(id: unknown): id is string {
  return typeof id === 'string' && TRACE_ID.test(id) && id !== NO_TRACE;
}

/** Whether a value is the id of a span: 16 lower-case hex digits, not all of them 0. */
export function isSpanId(id: unknown): id is string {
  return typeof id === 'string' && SPAN_ID.test(id) && id !== NO_PARENT;
}

/**
 * Reads the header `traceparent` (W3C Trace Context Level 2, section 3.2, https://www.w3.org/TR/trace-context-2/).
 *
 * @returns `undefined` for anything but one well-formed header: the receiver then starts a new trace.
 */
export function parseTraceparent(header: string | readonly string[] | undefined): TraceParent | undefined {
  // Node joins repeated headers with a comma, which no well-formed value contains at its length.
  const text = typeof header === 'object' && header.length === 1 ? header[0] : header;
  if (typeof text !== 'string' || text.length < 55 || text.length > 512) return undefined;
  const match = TRACEPARENT.exec(text);
  if (match === null) return undefined;
  const [, version, traceId, parentId, flags, more] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  if (version === 'ff' || (version === '00' && more !== undefined) || text.includes(',')) return undefined;
  if (traceId === NO_TRACE || parentId === NO_PARENT) return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) & (SAMPLED_FLAG | RANDOM_FLAG) };
}

/** Writes the header `traceparent`, version 00. `flags` holds known flags only. */
export function formatTraceparent(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-0${flags}`;
}

/** Level 2, section 3.3.1.3.1: a lower-case letter or digit, then up to 255 of these, `_`, `-`, `*`, `/` and `@`. */
const KEY = compiled(/^[a-z0-9][a-z0-9_\-*/@]{0,255}$/);

/** Printable ASCII but comma and equals sign, at most 256 characters, no space at its end. */
const VALUE = compiled(/^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/);

const MAX_MEMBERS = 32;

/** Longer than 32 members can be, so nothing well-formed is lost; bounds the work on what is not. */
export const MAX_TRACESTATE_LENGTH = 32 * (256 + 1 + 256 + 3);

/**
 * Checks the header `tracestate` (W3C Trace Context Level 2, section 3.3). A key that occurs twice is passed on as it
 * came: the specification leaves that to each receiver, and only the vendor knows which of its entries counts.
 *
 * @returns The text to pass on, unchanged, several headers combined; `undefined` if it is empty or malformed.
 */
export function parseTracestate(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'object' ? header.join(',') : header;
  if (text === undefined || text === '' || text.length > MAX_TRACESTATE_LENGTH) return undefined;
  let members = 0;
  for (const part of text.split(',')) {
    const member = withoutOuterSpace(part);
    if (member === '') continue;
    const equals = member.indexOf('=');
    const key = member.slice(0, equals);
    if (equals <= 0 || !KEY.test(key) || !VALUE.test(member.slice(equals + 1))) return undefined;
    if (++members > MAX_MEMBERS) return undefined;
  }
  return members === 0 ? undefined : owned(text);
}

/** Optional white space (RFC 9110, section 5.6.3) off both ends. Not a pattern: `[ \t]+$` takes quadratic time. */
function withoutOuterSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
