import type { RedactOptions } from './redaction.js';

/** Words that make a name secret wherever they stand in it, also with an `s`: `api_key`, `sessionId`, `X-Auth-Tokens`. */
// biome-ignore format: a list of words
const SECRET_WORDS = [
  'password', 'passwd', 'pwd', 'pass', 'passphrase', 'passcode', 'passkey', 'secret', 'key', 'token', 'session', 'auth', 'oauth',
  'authorization', 'authentication', 'credential', 'bearer', 'signature', 'sig', 'cookie', 'jwt', 'otp', 'totp', 'csrf', 'xsrf',
  'ssn', 'cvv', 'cvc', 'pin', 'sid', 'apikey', 'creditcard', 'cardnumber', 'rawheaders', 'rawtrailers',
];

/** Words that are secret also when they are joined to others without a separator: `accesstoken`, `userpasswordhash`. */
const SECRET_PARTS =
  /password|passwd|passphrase|secret(?!ar)|(?:api|access|private|secret|auth|ssh|encryption|signing|master|session)key|sess(?:ion)?id|credential|creditcard|cardnumber|rawheaders|cookie/;
const SECRET_ENDINGS = /(?:auth|token|signature|(?<!^ob|^pos|^pre|^pros)session)s?$/;
const SECRET_BEGINNINGS =
  /^(?:token(?!iz)|auth(?!or|en)|authoriz|authentication|bearer|session|signature|csrf|xsrf|jwt)/;

/** `credit*card*` */
const CREDIT_CARD = /(?:^| )credit(?: [^ ]+)? cards?(?: |$)/;

/** Names of OpenTelemetry that hold no secrets, though a word of theirs says so. */
// biome-ignore format: a list of names
const KNOWN_NAMES = [
  'messaging.kafka.message.key', 'feature_flag.key', 'aws.s3.key', 'gen_ai.token.type', 'gen_ai.request.max_tokens',
  'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.usage.total_tokens',
];

/** Names remembered before the memory is emptied: query names come from outside. */
const MAX_KNOWN = 2000;
const MAX_KNOWN_LENGTH = 128;

/** A longer name is nobody's name, and taken for a secret. */
const MAX_NAME = 1024;

/** Words of a name that are looked at together: `pass_word`, `tax.id`. */
const MAX_RUN = 6;

/** One test out of the built-in list, the user's own names, and the names that are allowed. */
export function createNameRule({
  names = [],
  allow = [],
  replaceNames = false,
}: RedactOptions): (name: string) => boolean {
  const allowed = new Set([...allow, ...KNOWN_NAMES].map(joined));
  const secretWords = new Set(replaceNames ? [] : SECRET_WORDS);
  // The long ones alone: `k8s.id` is no `sid`.
  const secretRuns = new Set([...secretWords].filter((word) => word.length > 5));
  for (const name of names.map(joined)) {
    if (name === '') continue;
    secretWords.add(name);
    secretRuns.add(name);
  }
  const known = new Map<string, boolean>();

  const judge = (name: string): boolean => {
    if (name.length > MAX_NAME) return true;
    const words = wordsOf(name);
    if (allowed.has(words.join(''))) return false;
    if (words.some((word) => secretWords.has(word) || (word.endsWith('s') && secretWords.has(word.slice(0, -1)))))
      return true;
    if (words.length > 1 && containsRun(words, secretRuns)) return true;
    if (replaceNames) return false;
    return (
      CREDIT_CARD.test(words.join(' ')) ||
      words.some((word) => SECRET_PARTS.test(word) || SECRET_ENDINGS.test(word) || SECRET_BEGINNINGS.test(word))
    );
  };

  return (name) => {
    let secret = known.get(name);
    if (secret === undefined) {
      secret = judge(name);
      if (name.length > MAX_KNOWN_LENGTH) return secret;
      if (known.size >= MAX_KNOWN) known.clear();
      // A copy: a name that is a piece of a query would keep the whole URL alive.
      known.set(Buffer.from(name).toString(), secret);
    }
    return secret;
  };
}

/** Whether some neighbouring words, joined, are one of the names: `user.tax_id` holds `tax_id`. */
function containsRun(words: readonly string[], names: ReadonlySet<string>): boolean {
  for (let from = 0; from < words.length; from++) {
    let run = '';
    for (let to = from; to < Math.min(words.length, from + MAX_RUN); to++) {
      run += words[to];
      if (names.has(run)) return true;
    }
  }
  return false;
}

function joined(name: string): string {
  return wordsOf(name).join('');
}

/** `X-Amz-SecurityToken2` has the words x, amz, security, token and 2. */
function wordsOf(name: string): string[] {
  return name
    .normalize('NFKC')
    .replace(/(\p{Ll})(?=\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll})|(\p{L})(?=\p{N})|(\p{N})(?=\p{L})/gu, '$& ')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '');
}
