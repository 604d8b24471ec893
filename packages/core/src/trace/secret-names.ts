import type { RedactOptions } from './redaction.js';

/** Words that make a name secret wherever they stand in it: `api_key`, `sessionId`, `X-Auth-Token`. */
// biome-ignore format: a list of words
const SECRET_WORDS = [
  'password', 'passwd', 'pwd', 'pass', 'passphrase', 'secret', 'secrets', 'key', 'keys', 'token', 'tokens', 'session', 'sessions',
  'auth', 'oauth', 'authorization', 'authentication', 'credential', 'credentials', 'bearer', 'signature', 'sig', 'cookie', 'cookies',
  'jwt', 'otp', 'csrf', 'xsrf', 'ssn', 'cvv', 'cvc', 'pin', 'sid',
];

/** Words that are secret also when they are joined to others without a separator: `accesstoken`, `userpassword`. */
const SECRET_ENDINGS =
  /(?:password|passwd|secret|apikey|privatekey|accesskey|secretkey|token|sessionid|credentials?|creditcard|cardnumber|signature|cookie)$/;
const SECRET_BEGINNINGS =
  /^(?:password|passwd|secret(?!ar)|apikey|token(?!iz)|credential|creditcard|authoriz|bearer|cookie)/;

/** Pairs of words that are secret together. */
const SECRET_PAIRS = /(?:^| )credit card(?: |$)|(?:^| )card number(?: |$)/;

/** Attribute names of OpenTelemetry that hold no secrets, though a word of theirs says so. */
const KNOWN_NAMES = ['db.query.parameter.key', 'messaging.kafka.message.key', 'enduser.auth.method'];

/** Names remembered before the memory is emptied: query names come from outside. */
const MAX_KNOWN = 2000;

/** Longer names are judged by their beginning and their end. */
const MAX_NAME = 256;

/** One test out of the built-in list, the user's own names, and the names that are allowed. */
export function createNameRule({
  names = [],
  allow = [],
  replaceNames = false,
}: RedactOptions): (name: string) => boolean {
  const allowed = new Set([...allow, ...KNOWN_NAMES].map(joined));
  const builtIn = replaceNames ? [] : SECRET_WORDS;
  const secretWords = new Set([...builtIn, ...names.map(joined)]);
  const secretNames = new Set(names.map(joined));
  const known = new Map<string, boolean>();

  const judge = (name: string): boolean => {
    const words = wordsOf(
      name.length > MAX_NAME ? `${name.slice(0, MAX_NAME / 2)} ${name.slice(-MAX_NAME / 2)}` : name,
    );
    const whole = words.join('');
    if (allowed.has(whole)) return false;
    if (secretNames.has(whole) || words.some((word) => secretWords.has(word))) return true;
    if (containsRun(words, secretNames)) return true;
    if (replaceNames) return false;
    return (
      SECRET_PAIRS.test(words.join(' ')) ||
      words.some((word) => SECRET_ENDINGS.test(word) || SECRET_BEGINNINGS.test(word))
    );
  };

  return (name) => {
    let secret = known.get(name);
    if (secret === undefined) {
      secret = judge(name);
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(name, secret);
    }
    return secret;
  };
}

/** Whether some neighbouring words, joined, are one of the names: `user.tax_id` holds `tax_id`. */
function containsRun(words: readonly string[], names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  for (let from = 0; from < words.length; from++) {
    let run = '';
    for (let to = from; to < Math.min(words.length, from + 6); to++) {
      run += words[to];
      if (names.has(run)) return true;
    }
  }
  return false;
}

function joined(name: string): string {
  return wordsOf(name).join('');
}

/** `X-Amz-SecurityToken` has the words x, amz, security and token. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
