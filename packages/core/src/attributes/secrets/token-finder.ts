import { BODY, TOKEN_FAMILIES, TOKEN_SHAPES } from './issued-tokens.js';
import type { Work } from './work.js';

/** Places in a text: the start and end of the first, the start and end of the second, and so on. */
export type Places = number[];

/**
 * Tokens of standards, which belong to no issuer, and credentials after the name of a scheme. The first group is kept.
 */
// biome-ignore format: a table
const STANDARD_TOKENS: readonly { readonly prefixes: readonly string[]; readonly pattern: string }[] = [
  // JSON Web Tokens (RFC 7519) begin with the Base64 of `{"` or of `{` and a line end; encrypted ones have five parts.
  { prefixes: ['eyJ', 'ewo'], pattern: '(?:eyJ[\\w-]{4,}|ew(?:ogI|oid|0KI)[\\w-]{12,}(?=\\.))(?:\\.[\\w-]*){0,4}' },
  // RFC 6750, section 2.1; RFC 9449, section 7.1
  { prefixes: ['bearer'], pattern: '([Bb][Ee][Aa][Rr][Ee][Rr][\\s+])[\\s+]*(?:\\\\{0,7}["\'])?[^\\s+"\',;<>&][^\\s"\',;<>&]*' },
  // RFC 7616, section 3.4; https://github.com/mozilla/hawk/blob/main/API.md
  { prefixes: ['digest'], pattern: '([Dd]igest[\\s+]+)(?=\\w{1,32}=\\\\{0,7}["\'])[^\\r\\n]+' },
  { prefixes: ['hawk'], pattern: '(Hawk[\\s+]+)(?=(?:id|mac|ts)=)[^\\r\\n]+' },
  // https://www.django-rest-framework.org/api-guide/authentication/#tokenauthentication
  { prefixes: ['token'], pattern: '([Tt]oken[\\s+]+)(?=[\\w.-]*\\d)[\\w.~+/=:-]{16,}' },
  { prefixes: ['api'], pattern: '([Aa][Pp][Ii][_-]?[Kk][Ee][Yy][\\s+]+)(?=[\\w.-]*\\d)[\\w.~+/=-]{8,}' },
  { prefixes: ['dpop'], pattern: '(DPoP[\\s+]+)[\\w.~+/=-]{16,}' },
  // RFC 4559, section 4; https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
  { prefixes: ['negotiate'], pattern: '([Nn]egotiate[\\s+]+)[A-Za-z0-9+/=]{16,}' },
  { prefixes: ['ntlm'], pattern: '(NTLM[\\s+]+)TlRM[A-Za-z0-9+/=]{8,}' },
  { prefixes: ['sharedkey'], pattern: '(SharedKey(?:Lite)?[\\s+]+)[\\w-]{1,64}:[A-Za-z0-9+/=]{8,}' },
  // https://developer.okta.com/docs/api/openapi/okta-management/guides/overview/
  { prefixes: ['ssws'], pattern: '(SSWS[\\s+]+)[\\w-]{8,}' },
  // https://docs.oracle.com/en/database/oracle/oracle-database/23/jjdbc/data-sources-and-URLs.html
  { prefixes: ['jdbc:oracle:'], pattern: '(jdbc:oracle:[a-z]{1,8}:)[^\\s/@"\']{1,128}/[^\\s@"\']{1,128}(?=@)' },
];

/** Credentials of RFC 7617. The decoded text must contain a colon. */
const BASIC = /([Bb][Aa][Ss][Ii][Cc]:?[\s+]+)([A-Za-z0-9+/_-]{4,}={0,2})/y;

/** The pattern for each sequence of three characters that a token may begin with. Finding it needs no pattern. */
const PATTERNS = new Map<number, RegExp>();
/** Whether a token may begin with the characters of this hash. Most words of a text need no more than this lookup. */
const MAY_BEGIN = new Uint8Array(8192);
/** Units of work for trying a pattern. */
const TRY_TOKEN = 8;
const BASIC_START = packed('basic', 0);

function packed(text: string, at: number): number {
  // Setting the bit of lower case makes upper and lower case equal.
  const first = (text.charCodeAt(at) | 32) & 127;
  const second = (text.charCodeAt(at + 1) | 32) & 127;
  const third = (text.charCodeAt(at + 2) | 32) & 127;
  return (first << 14) | (second << 7) | third;
}

function hash(start: number): number {
  return (start ^ (start >> 8)) & 8191;
}

{
  const sources = new Map<number, string[]>();
  const add = (prefix: string, source: string) => {
    // Every character that may follow a prefix of two characters.
    const thirds = prefix.length > 2 ? [''] : [...'abcdefghijklmnopqrstuvwxyz0123456789_-.'];
    for (const third of thirds) {
      const start = packed(prefix + third, 0);
      sources.set(start, [...(sources.get(start) ?? []), source]);
    }
  };
  for (const { prefixes, pattern } of STANDARD_TOKENS) for (const prefix of prefixes) add(prefix, pattern);
  for (const { prefixes, body = BODY, keepsPrefix } of TOKEN_FAMILIES) {
    for (const prefix of prefixes) {
      const literal = prefix.replace(/[.$]/g, '\\$&');
      add(prefix, (keepsPrefix ? `(${literal})` : literal) + body);
    }
  }
  for (const [start, alternatives] of sources) {
    PATTERNS.set(start, new RegExp(`(?:${alternatives.join('|')})`, 'y'));
    MAY_BEGIN[hash(start)] = 1;
  }
  MAY_BEGIN[hash(BASIC_START)] = 1;
}

const SHAPES = TOKEN_SHAPES.map(({ anchor, pattern }) => ({ anchor, pattern: new RegExp(pattern, 'g') }));
/** Shorter texts hold no token without a prefix. */
const SHORTEST_SHAPE = 35;

/** Whether a token may begin with the word at `at`. A fast check. */
export function mayBeginToken(text: string, at: number): boolean {
  return MAY_BEGIN[hash(packed(text, at))] === 1;
}

/** Adds the token that begins with the word at `at`. Returns its end, or 0. */
export function findTokenAt(text: string, at: number, work: Work, places: Places): number {
  const start = packed(text, at);
  if (start === BASIC_START) return findBasic(text, at, work, places);
  const pattern = PATTERNS.get(start);
  if (pattern === undefined) return 0;
  work.left -= TRY_TOKEN;
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (found === null) return 0;
  let kept = 0;
  for (let group = 1; group < found.length; group++) kept += found[group]?.length ?? 0;
  places.push(at + kept, pattern.lastIndex);
  return pattern.lastIndex;
}

function findBasic(text: string, at: number, work: Work, places: Places): number {
  work.left -= TRY_TOKEN;
  BASIC.lastIndex = at;
  const found = BASIC.exec(text);
  if (found === null) return 0;
  work.left -= found[0].length;
  if (!Buffer.from(found[2]!, 'base64').includes(':')) return 0;
  places.push(at + found[1]!.length, BASIC.lastIndex);
  return BASIC.lastIndex;
}

/** Adds the tokens that are recognised without a prefix. */
export function findShapes(text: string, work: Work, places: Places): void {
  if (text.length < SHORTEST_SHAPE) return;
  for (const { anchor, pattern } of SHAPES) {
    if (!text.includes(anchor)) continue;
    work.left -= text.length >> 3;
    pattern.lastIndex = 0;
    for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
      places.push(found.index - (found[1]?.length ?? 0), pattern.lastIndex);
    }
  }
}

/** Number of hexadecimal digits at the start of the tokens below. */
export const HEX_LENGTH = 32;
/** Keys of Mailgun and Mailchimp. Sources, as in {@link TOKEN_FAMILIES}: `trufflehog: mailgun, mailchimp`. */
const HEX_AND_MORE = /[0-9a-f]{32}-(?:[0-9a-f]{8}-[0-9a-f]{8}|us\d{1,2})(?![0-9A-Za-z-])/y;

/** Adds the token that begins with the {@link HEX_LENGTH} digits at `at`. */
export function findHexBefore(text: string, at: number, places: Places): void {
  HEX_AND_MORE.lastIndex = at;
  if (HEX_AND_MORE.test(text)) places.push(at, HEX_AND_MORE.lastIndex);
}
