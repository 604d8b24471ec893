/** What a caller says of the trace its request belongs to. */
export interface TraceParent {
  readonly traceId: string;
  readonly parentId: string;
  readonly sampled: boolean;
}

/** `version-traceId-parentId-flags`; a version above 00 may have more behind, after a hyphen. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const NO_TRACE = '0'.repeat(32);
const NO_PARENT = '0'.repeat(16);

/**
 * Reads the header `traceparent` (W3C Trace Context, section 3.2, https://www.w3.org/TR/trace-context/).
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
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Writes the header `traceparent`, version 00. Of the flags only `sampled` is known, and so only it is sent. */
export function formatTraceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** At most 256 characters: `key`, or `tenant@system`. */
const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;

/** Printable ASCII but comma and equals sign, at most 256 characters, no space at its end. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

const MAX_MEMBERS = 32;

/** Longer than 32 members can be, so nothing well-formed is lost; bounds the work on what is not. */
const MAX_LENGTH = 32 * (256 + 1 + 256 + 3);

/**
 * Checks the header `tracestate` (W3C Trace Context, section 3.3).
 *
 * @returns The text to pass on, unchanged, several headers combined; `undefined` if it is empty or malformed.
 */
export function parseTracestate(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'object' ? header.join(',') : header;
  if (text === undefined || text === '' || text.length > MAX_LENGTH) return undefined;
  const keys = new Set<string>();
  let members = 0;
  for (const part of text.split(',')) {
    const member = withoutOuterSpace(part);
    if (member === '') continue;
    const equals = member.indexOf('=');
    const key = member.slice(0, equals);
    if (equals <= 0 || keys.has(key) || !KEY.test(key) || !VALUE.test(member.slice(equals + 1))) return undefined;
    keys.add(key);
    if (++members > MAX_MEMBERS) return undefined;
  }
  return members === 0 ? undefined : text;
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
