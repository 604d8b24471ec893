/** What a secret becomes. */
export const REDACTED = 'REDACTED';

/** Something every secret below has in it. Most texts have none of it and cost this one look. */
const HINT = /bearer |eyJ|-----BEGIN|_|AKIA|glpat-|xox|:\/\/|(?:\d[ -]?){12}\d/i;

/** What a secret in running text looks like. Each is linear, and matches also where the text was cut. */
const BEARER = /\b(bearer) +[A-Za-z0-9._~+/=-]+/gi;
const JWT = /\beyJ[\w-]{4,}(?:\.[\w-]*){0,2}/g;
const PEM = /-----BEGIN [A-Z0-9 ]{0,64}-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,64}-----|$)/g;
const PREFIXED_TOKEN =
  /\b(?:(?:gh[opusr]_|github_pat_|npm_|glpat-|xox[abprs]-|[rs]k_(?:live|test)_)[\w-]{10,}|AKIA[A-Z0-9]{12,})/g;
const USER_INFO = /:\/\/[^\s/?#@"'<>]*@/g;
const CARD = /(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])/g;

/**
 * The text with its secrets replaced: bearer tokens, JWTs, PEM blocks, tokens with a known prefix (GitHub, GitLab, npm,
 * Slack, Stripe, AWS), card numbers (by the Luhn check) and the user part of URLs.
 */
export function redactText(text: string): string {
  if (!HINT.test(text)) return text;
  return text
    .replace(BEARER, `$1 ${REDACTED}`)
    .replace(JWT, REDACTED)
    .replace(PEM, REDACTED)
    .replace(PREFIXED_TOKEN, REDACTED)
    .replace(USER_INFO, `://${REDACTED}@`)
    .replace(CARD, (digits) => (passesLuhn(digits) ? REDACTED : digits));
}

/** ISO/IEC 7812: the check digit of a card number. */
function passesLuhn(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
