import { BoundedMemo } from '../../bounded-memo.js';
import type { RedactOptions } from '../redact-options.js';
import { NameStems } from './name-stems.js';
import type { Work } from './work.js';

/** Words that make a name secret in any position, also with a plural `s`: `api_key`, `sessionId`, `X-Auth-Tokens`. */
// biome-ignore format: a list of words
const SECRET_WORDS = [
  'password', 'passwd', 'pwd', 'pw', 'psw', 'psk', 'pass', 'passphrase', 'passcode', 'passkey', 'secret', 'key',
  'token', 'session', 'auth', 'oauth', 'authorization', 'authentication', 'credential', 'bearer', 'signature', 'sig',
  'hmac', 'cookie', 'jwt', 'otp', 'totp', 'csrf', 'xsrf', 'ssn', 'cvv', 'cvc', 'pin', 'sid', 'apikey', 'creditcard',
  'cardnumber', 'rawheaders', 'rawtrailers', 'passwort', 'kennwort',
];

/**
 * Names in protocols whose values are credentials, written as one word: OAuth 2.0 (RFC 6749, 7521, 7636, 8628), OpenID
 * Connect, SAML 2.0 bindings (https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf), WS-Federation
 * and CAS; and names of codes that replace a password.
 */
// biome-ignore format: a list of names
const PROTOCOL_NAMES = [
  'codeverifier', 'clientassertion', 'devicecode', 'usercode', 'samlresponse', 'samlrequest', 'samlart',
  'samlassertion', 'relaystate', 'wresult', 'pgtiou', 'pgtid', 'proxyticket', 'serviceticket', 'loginticket', 'oobcode',
  'verificationcode', 'recoverycode', 'backupcode', 'resetcode', 'accesscode', 'activationcode', 'securitycode',
  'mfacode', 'twofactorcode', 'onetimecode', 'magiclink', 'connectionstring',
];

/**
 * Words that make a name secret also when they are joined to others without a separator: `accesstoken`,
 * `userpasswordhash`.
 */
const SECRET_PARTS =
  /password|passwd|passphrase|secret(?!ar)|(?:api|access|private|secret|auth|ssh|encryption|signing|master|session)key|sess(?:ion)?id|credential|creditcard|cardnumber|rawheaders|cookie/;
const SECRET_ENDINGS = /(?:auth|token|signature|(?<!^ob|^pos|^pre|^pros)session)s?$/;
const SECRET_BEGINNINGS =
  /^(?:token(?!iz)|auth(?!or|en)|authoriz|authentication|bearer|session|signature|csrf|xsrf|jwt)/;

/** Matches `credit card` with at most one word between the two. */
const CREDIT_CARD = /(?:^| )credit(?: [^ ]+)? cards?(?: |$)/;

/**
 * Every secret name contains one of these: the words above, beginnings of the patterns, and the word before a password
 * in SQL.
 */
const STEMS = [...SECRET_WORDS, ...PROTOCOL_NAMES, 'sessid', 'credit', 'identified'];

/** Names of OpenTelemetry that hold no secrets although they contain a secret word. Only this spelling is allowed. */
// biome-ignore format: a list of names
const KNOWN_NAMES = new Set([
  'messaging.kafka.message.key', 'feature_flag.key', 'aws.s3.key', 'gen_ai.token.type', 'gen_ai.request.max_tokens',
  'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.usage.total_tokens',
]);

/**
 * The spelling of environment variables. Names in this spelling are mostly unrelated to attributes of the same words.
 */
const IN_CAPITALS = /^[A-Z][A-Z0-9]*(?:_+[A-Z0-9]+)+$/;

/** Names that are remembered before the map is emptied: names in queries come from outside. */
const MAX_KNOWN = 2000;
const MAX_KNOWN_LENGTH = 128;

/** Longer names are not names that people write, and count as secret. */
const MAX_NAME = 1024;

/** Maximum number of names that are judged in one text, without those that were remembered. */
const MAX_JUDGED = 32;
/** Units of work for judging one name. */
const JUDGE = 48;

/** Maximum number of neighbouring words of a name that are joined: `pass_word`, `tax.id`. */
const MAX_RUN = 6;

/** Decides which names are secret: by the built-in list, the user's own names, and the allowed names. */
export class NameRule {
  /** Finds the stems, one of which every secret name contains. */
  readonly stems: NameStems;
  /** Number of names judged so far, without those that were remembered. A measure of the cost of a text. */
  judged = 0;
  readonly #allowed: ReadonlySet<string>;
  readonly #allowedInCapitals: ReadonlySet<string>;
  readonly #words: ReadonlySet<string>;
  /**
   * Words that also count when neighbouring words are joined. Short words are excluded: `k8s.id` must not become `sid`.
   */
  readonly #runs: ReadonlySet<string>;
  readonly #isBuiltIn: boolean;
  readonly #known = new BoundedMemo<boolean>(MAX_KNOWN);

  constructor({ names = [], allow = [], replaceNames = false }: RedactOptions) {
    const own = names.map((name) => wordsOf(name).join('')).filter((name) => name !== '');
    const words = replaceNames ? [] : SECRET_WORDS;
    this.#words = new Set([...words, ...own]);
    this.#runs = new Set([...words.filter((word) => word.length > 5), ...(replaceNames ? [] : PROTOCOL_NAMES), ...own]);
    this.#allowed = new Set(allow.map((name) => wordsOf(name).join(' ')));
    this.#allowedInCapitals = new Set(allow.filter((name) => IN_CAPITALS.test(name)));
    this.#isBuiltIn = !replaceNames;
    this.stems = new NameStems(replaceNames ? own : [...STEMS, ...own]);
  }

  isSecret(name: string): boolean {
    if (!this.stems.mayBeIn(name)) return name.length > MAX_NAME;
    let secret = this.#known.get(name);
    if (secret === undefined) {
      this.judged++;
      secret = this.#judge(name);
      if (name.length > MAX_KNOWN_LENGTH) return secret;
      this.#known.set(name, secret);
    }
    return secret;
  }

  #judge(name: string): boolean {
    if (name.length > MAX_NAME) return true;
    const words = wordsOf(name);
    if (this.#isAllowed(name, words)) return false;
    if (words.some((word) => this.#words.has(word) || (word.endsWith('s') && this.#words.has(word.slice(0, -1)))))
      return true;
    if (this.#containsRun(words)) return true;
    if (!this.#isBuiltIn) return false;
    return (
      CREDIT_CARD.test(words.join(' ')) ||
      words.some((word) => SECRET_PARTS.test(word) || SECRET_ENDINGS.test(word) || SECRET_BEGINNINGS.test(word))
    );
  }

  /**
   * Whether the user allows the name, with any separators. `TOKEN_COUNT` is allowed only by an entry in that spelling,
   * because an environment variable is not the attribute `token_count`.
   */
  #isAllowed(name: string, words: readonly string[]): boolean {
    if (KNOWN_NAMES.has(name)) return true;
    if (!this.#allowed.has(words.join(' '))) return false;
    return !IN_CAPITALS.test(name) || this.#allowedInCapitals.has(name);
  }

  /** Whether neighbouring words, joined, are one of the names: `user.tax_id` contains `tax_id`. */
  #containsRun(words: readonly string[]): boolean {
    for (let from = 0; from < words.length; from++) {
      let run = '';
      for (let to = from; to < Math.min(words.length, from + MAX_RUN); to++) {
        run += words[to];
        if (this.#runs.has(run) || (run.endsWith('s') && this.#runs.has(run.slice(0, -1)))) return true;
      }
    }
    return false;
  }
}

/**
 * The names in one text. Judging a name costs microseconds, and the sender of the text chooses the names, so the number
 * is limited.
 */
export class NameBudget {
  readonly #rule: NameRule;
  readonly #judgedBefore: number;
  readonly #work: Work | undefined;

  constructor(rule: NameRule, work?: Work) {
    this.#rule = rule;
    this.#work = work;
    this.#judgedBefore = rule.judged;
  }

  /** Whether a name is secret. Once the limit is reached, whether it may be secret. */
  isSecret(name: string): boolean {
    const judged = this.#rule.judged - this.#judgedBefore;
    if (judged >= MAX_JUDGED) return this.#rule.stems.mayBeIn(name);
    const isSecret = this.#rule.isSecret(name);
    if (this.#work !== undefined && this.#rule.judged > this.#judgedBefore + judged) this.#work.left -= JUDGE;
    return isSecret;
  }
}

/** Combines the built-in list, the user's own names and the allowed names into one test. */
export function createNameRule(options: RedactOptions): (name: string) => boolean {
  const rule = new NameRule(options);
  return (name) => rule.isSecret(name);
}

/** Splits a name into words: `X-Amz-SecurityToken2` has the words x, amz, security, token and 2. */
function wordsOf(name: string): string[] {
  return name
    .normalize('NFKC')
    .replace(/(\p{Ll})(?=\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll})|(\p{L})(?=\p{N})|(\p{N})(?=\p{L})/gu, '$& ')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '');
}
