/** A text after decoding, as an application would read it. */
export interface DecodedText {
  readonly text: string;
  /** The position of each character in the encoded text, and the end of that text. */
  readonly origins: Uint32Array;
}

const PERCENT = 37;
const AMPERSAND = 38;
const BACKSLASH = 92;
const ESCAPED = 'nrtbf"\'`\\/';
const UNESCAPED = '\n\r\t\b\f"\'`\\/';
const REFERENCE = /&(?:(quot|apos|amp|lt|gt)|#(\d{1,6})|#[xX]([0-9a-fA-F]{1,6}));/y;
const NAMED: Record<string, number> = { quot: 34, apos: 39, amp: 38, lt: 60, gt: 62 };

/**
 * Decodes one kind of encoding in the text once: percent-encoded UTF-8 (RFC 3986), otherwise character references of
 * HTML (`&quot;`), otherwise escapes of JSON and JavaScript (`\u0022`, `\n`). Each call decodes one kind, as
 * applications do: an encoded quote differs from an escaped one. Malformed escapes stay as they are.
 *
 * @returns `undefined` if nothing was decoded
 */
export function decodeOnce(text: string): DecodedText | undefined {
  return decode(text, PERCENT) ?? decode(text, AMPERSAND) ?? decode(text, BACKSLASH);
}

function decode(text: string, kind: number): DecodedText | undefined {
  const first = firstEscape(text, kind);
  if (first === -1) return undefined;
  const { length } = text;
  const codes = new Uint16Array(length);
  const origins = new Uint32Array(length + 1);
  let size = 0;
  let at = 0;
  while (at < length) {
    origins[size] = at;
    const code = text.charCodeAt(at);
    const end = code === kind && at >= first ? endOfEscape(text, at, code) : 0;
    if (end === 0) {
      codes[size++] = code;
      at++;
      continue;
    }
    if (decoded > 0xffff) {
      codes[size++] = 0xd7c0 + (decoded >> 10);
      origins[size] = at;
      codes[size++] = 0xdc00 + (decoded & 0x3ff);
    } else codes[size++] = decoded;
    at = end;
  }
  origins[size] = length;
  return { text: Buffer.from(codes.buffer, 0, size * 2).toString('utf16le'), origins };
}

function firstEscape(text: string, kind: number): number {
  const sign = String.fromCharCode(kind);
  let at = text.indexOf(sign);
  while (at !== -1 && !isEscape(text, at)) at = text.indexOf(sign, at + 1);
  return at;
}

/** Whether a well-formed escape begins at `at`. */
export function isEscape(text: string, at: number): boolean {
  return endOfEscape(text, at, text.charCodeAt(at)) > 0;
}

/** The character that `endOfEscape` decoded last. */
let decoded = 0;

/** Decodes the escape at `at`. Returns its end, or 0 if there is none. */
function endOfEscape(text: string, at: number, code: number): number {
  if (code === PERCENT) return decodePercent(text, at);
  if (code === BACKSLASH) return decodeEscape(text, at);
  return code === AMPERSAND ? decodeReference(text, at) : 0;
}

/**
 * Decodes `%22`, the two to four bytes of a UTF-8 character, and `%u0022`, as some servers accept it. Returns the end,
 * or 0.
 */
function decodePercent(text: string, at: number): number {
  const next = text.charCodeAt(at + 1) | 32;
  if (next === 117) return decodeHex(text, at + 2, 4);
  const byte = byteAt(text, at);
  if (byte < 0x80) {
    decoded = byte;
    return byte < 0 ? 0 : at + 3;
  }
  const bytes = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : 2;
  if (byte < 0xc0 || byte >= 0xf5) return 0;
  let character = byte & (0x7f >> bytes);
  for (let index = 1; index < bytes; index++) {
    const part = byteAt(text, at + index * 3);
    if (part < 0x80 || part >= 0xc0) return 0;
    character = (character << 6) | (part & 0x3f);
  }
  decoded = character > 0x10ffff ? 0xfffd : character;
  return at + bytes * 3;
}

function byteAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== PERCENT) return -1;
  return (hexDigit(text.charCodeAt(at + 1)) << 4) | hexDigit(text.charCodeAt(at + 2));
}

/** Decodes `\u0022`, `\x22`, `\"`, `\n` and other escapes (RFC 8259, section 7). */
function decodeEscape(text: string, at: number): number {
  const kind = text.charCodeAt(at + 1);
  if (kind === 117) return decodeHex(text, at + 2, 4);
  if (kind === 120) return decodeHex(text, at + 2, 2);
  const index = ESCAPED.indexOf(text.charAt(at + 1));
  if (index === -1 || at + 1 >= text.length) return 0;
  decoded = UNESCAPED.charCodeAt(index);
  return at + 2;
}

function decodeHex(text: string, at: number, digits: number): number {
  let character = 0;
  for (let index = at; index < at + digits; index++) {
    const digit = hexDigit(text.charCodeAt(index));
    if (digit < 0) return 0;
    character = (character << 4) | digit;
  }
  decoded = character;
  return at + digits;
}

function decodeReference(text: string, at: number): number {
  const next = text.charCodeAt(at + 1);
  // `#`, or the first letter of a name.
  if (next !== 35 && next !== 113 && next !== 97 && next !== 108 && next !== 103) return 0;
  REFERENCE.lastIndex = at;
  const found = REFERENCE.exec(text);
  if (found === null) return 0;
  const character =
    found[1] === undefined
      ? Number.parseInt(found[2] ?? found[3]!, found[2] === undefined ? 16 : 10)
      : NAMED[found[1]]!;
  decoded = character > 0x10ffff ? 0xfffd : character;
  return REFERENCE.lastIndex;
}

/** The value of a hexadecimal digit; negative for anything else. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
