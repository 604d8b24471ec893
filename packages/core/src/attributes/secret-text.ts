/** What a secret becomes. */
export const REDACTED = 'REDACTED';

/** A character or two that all that is looked for below has in it. Paths and names mostly have none: this look is quick. */
const FIRST_HINT = /[@:_="'\s-]|\d{13}|yJ|A[KSI]/;

/** Whether it is worth looking for secrets in a text. */
export function mayHoldSecret(text: string): boolean {
  return FIRST_HINT.test(text);
}

/** Something every secret has in it. Most texts have none of it and cost this one look. */
const HINT =
  /@|eyJ|-----|bearer\s|basic\s|(?:authorization|cookie|api-key|auth-token):|gh[opsur]_|github_pat_|glpat-|npm_|xox[a-z]-|xapp-|[rs]k_(?:live|test)_|whsec_|hf_|sk-|AKIA|ASIA|AIza|(?:\d[ \u00a0-]?){12}\d/i;

/** What a secret in running text looks like. Each is linear, and matches also where the text was cut. */
const BEARER = /(bearer)\s+[^\s"',;<>]+/gi;
const BASIC = /(?<![a-z0-9])(basic)\s+([a-z0-9+/_-]{4,}={0,2})/gi;
const CREDENTIAL_HEADER =
  /((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)(:[ \t]*)(?!REDACTED(?:[\r\n]|$))[^\s][^\r\n]*/gi;
const JWT = /(?<![A-Za-z0-9])eyJ[\w-]{4,}(?:\.[\w-]*){0,4}/g;
const PEM = /-----BEGIN [A-Z0-9 ]{0,64}-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,64}-----|$)/g;
/** The end of a PEM block whose beginning was cut off. */
const PEM_END = /(?<![A-Za-z0-9+/=\s\\])[A-Za-z0-9+/=\s\\]*-----END [A-Z0-9 ]{0,64}-----/g;
const PREFIXED_TOKEN =
  /(?<![A-Za-z0-9])(?:(?:gh[opsur]_|github_pat_|npm_|glpat-|xox[a-z]-|xapp-|[rs]k_(?:live|test)_|whsec_|hf_|sk-(?:proj|ant)-)[\w-]{10,}|sk-[A-Za-z0-9]{32,}|A(?:KIA|SIA)[A-Z0-9]{12,}|AIza[\w-]{30,})/g;
/** The last `@` before the path counts: passwords have `@` in them, too. */
const USER_INFO = /(:\\?\/\\?\/)[^\s/?#"'<>\\]*@/g;
/** A password with `/`, `?` or `#` in it, as people write them though they should not; a port is none. */
const ODD_USER_INFO = /(:\\?\/\\?\/)[^\s:/?#@"'<>[\\]{0,256}:(?!\d{1,5}(?:[/?#]|$))[^\s"'<>@]{0,256}@/g;

/**
 * The text with its secrets replaced: bearer tokens, Basic credentials, header lines with credentials, JWTs, PEM blocks,
 * tokens with a known prefix (GitHub, GitLab, npm, Slack, Stripe, AWS, Google, OpenAI), card numbers (by the Luhn check)
 * and the user part of URLs.
 */
export function redactText(text: string): string {
  if (!HINT.test(text)) return text;
  let result = text
    .replace(PEM, REDACTED)
    .replace(CREDENTIAL_HEADER, `$1$2${REDACTED}`)
    .replace(BEARER, `$1 ${REDACTED}`)
    .replace(BASIC, (all: string, scheme: string, base64: string) =>
      Buffer.from(base64, 'base64').includes(':') ? `${scheme} ${REDACTED}` : all,
    )
    .replace(JWT, REDACTED)
    .replace(PREFIXED_TOKEN, REDACTED);
  result = redactCards(result);
  if (result.includes('-----END ')) result = result.replace(PEM_END, REDACTED);
  if (result.includes('@')) {
    result = result.replace(USER_INFO, `$1${REDACTED}@`).replace(ODD_USER_INFO, `$1${REDACTED}@`);
  }
  return result;
}

/**
 * A card number is whole groups of digits: `4111 1111 1111 1111 123` is one, and a check number. Not by a pattern: it would have to
 * remember where it has been for each digit of a long row of them.
 */
function redactCards(text: string): string {
  let result = '';
  let copied = 0;
  for (let start = 0; start < text.length; start++) {
    if (!isDigit(text, start) || isDigit(text, start - 1)) continue;
    const end = endOfCard(text, start);
    if (end === undefined) continue;
    result += text.slice(copied, start) + REDACTED;
    copied = end;
    start = end - 1;
  }
  return result + text.slice(copied);
}

/** What may be between two groups, once. */
const SEPARATORS = ' \u00a0-';

/**
 * Where a card number that begins here ends. The first digit of payment cards is 2 to 6, which spares times in milliseconds; the
 * last is a check digit (ISO/IEC 7812): every second digit from the right counts double.
 */
function endOfCard(text: string, start: number): number | undefined {
  if (text[start]! < '2' || text[start]! >= '7') return undefined;
  // Which digits count double is known at the end: here those at even places, there those at odd ones.
  let [even, odd, length] = [0, 0, 0];
  for (let index = start; index < text.length && length < 19; index++) {
    if (!isDigit(text, index)) {
      if (!SEPARATORS.includes(text[index]!) || !isDigit(text, index + 1)) return undefined;
      continue;
    }
    const digit = text.charCodeAt(index) - 48;
    const doubled = digit < 5 ? digit * 2 : digit * 2 - 9;
    even += length % 2 === 0 ? doubled : digit;
    odd += length % 2 === 0 ? digit : doubled;
    length++;
    const sum = length % 2 === 0 ? even : odd;
    if (length >= 13 && sum % 10 === 0 && !isDigit(text, index + 1)) return index + 1;
  }
  return undefined;
}

function isDigit(text: string, index: number): boolean {
  const character = text.charCodeAt(index);
  return character >= 48 && character <= 57;
}

/** Whether a text may say `name=value` or `"name": "value"`. */
const ASSIGNMENT_HINT = /[="']/;

/** `name=`, `name[]=`, `"name":`, `\"name\":`, `name: "` and `name = '`. */
const ASSIGNED_NAME =
  /(?<![\w.-])([\w.-]{1,128})(?:(?:\[\]|\]|%5D)?=(?![=>])|\\{0,3}["']\s{0,2}[:=]\s{0,2}|\s?[:=]\s?(?=\\{0,3}["']))/gi;
const ASSIGNED_VALUE =
  /(\\+["'])[^"'\\]*(?:\\+["'])?|(")(?:[^"\\]|\\.)*"?|(')(?:[^'\\]|\\.)*'?|(?=[[{])|[^\s&;"'<>\\|]+/sy;
const JSON_LITERAL = /^[^,\]}]*/;
const JSON_PART = /"(?:[^"\\]|\\.)*"?|[[{\]}]/gs;

/** The text with the values of secret names replaced, where it says `name=value` or `"name": "value"`. */
export function redactAssignments(text: string, isSecretName: (name: string) => boolean): string {
  if (!ASSIGNMENT_HINT.test(text)) return text;
  let result = '';
  let copied = 0;
  ASSIGNED_NAME.lastIndex = 0;
  for (let name = ASSIGNED_NAME.exec(text); name !== null; name = ASSIGNED_NAME.exec(text)) {
    if (!isSecretName(name[1]!)) continue;
    const start = ASSIGNED_NAME.lastIndex;
    ASSIGNED_VALUE.lastIndex = start;
    const value = ASSIGNED_VALUE.exec(text);
    if (value === null) continue;
    const quote = value[1] ?? value[2] ?? value[3] ?? '';
    let end = ASSIGNED_VALUE.lastIndex;
    if (value[0] === '') end = endOfJson(text, start);
    else if (quote === '' && text[start - 1] !== '=') end = start + JSON_LITERAL.exec(value[0])![0].length;
    result += text.slice(copied, start) + quote + REDACTED + quote;
    copied = end;
    ASSIGNED_NAME.lastIndex = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/** Where the list or object that begins here ends; the end of the text where it was cut. */
function endOfJson(text: string, start: number): number {
  let depth = 0;
  JSON_PART.lastIndex = start;
  for (let part = JSON_PART.exec(text); part !== null; part = JSON_PART.exec(text)) {
    if (part[0] === '[' || part[0] === '{') depth++;
    else if (part[0] === ']' || part[0] === '}') depth--;
    if (depth === 0) return JSON_PART.lastIndex;
  }
  return text.length;
}
