import { redactQuery } from '../../http/url-query.js';
import { AttributeBag, AttributeRecorder } from '../attribute-recorder.js';
import { createRedactor } from '../redaction.js';
import { CANARY, type Shape } from './secret-shapes.fixture.js';

const redactor = createRedactor({}, () => {});
const recorder = new AttributeRecorder({ maxAttributes: 128, maxValueLength: 1024 }, redactor);

function attribute(name: string, value: unknown): string {
  const bag = new AttributeBag();
  recorder.set(bag, name, value);
  return JSON.stringify(bag.values);
}

function stack(text: string): string | undefined {
  const error = new Error(text);
  return error.stack;
}

/** Places where a text may be stored, each a function from the text to the stored text. */
export const PLACES: Readonly<Record<string, (text: string) => string>> = {
  'a path': (text) => attribute('url.path', `/orders/${text}/lines`),
  'a path, at its end': (text) => attribute('url.path', `/${text}`),
  'a query': (text) => redactQuery(`page=1&${text}`, redactor),
  'the value of a query': (text) => redactQuery(`page=1&q=${text}&b=2`, redactor),
  'an attribute': (text) => attribute('note', text),
  'the name of an attribute': (text) => attribute(text, 1),
  'a name of a span': (text) => recorder.text(text),
  'a message': (text) => attribute('exception.message', `It failed: ${text}`),
  'a stack': (text) => attribute('exception.stacktrace', stack(text)),
  'an object': (text) => attribute('body', { a: { b: text } }),
  'a list': (text) => attribute('body', [{ a: [text] }]),
  'a list of texts': (text) => attribute('notes', ['a', text]),
  'a statement of SQL': (text) => attribute('db.query.text', `select * from t where note = 1 and ${text}`),
  'a document of GraphQL': (text) => attribute('graphql.document', `query { a(b: 1) { c } } # ${text}`),
};

const everyByte = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** Encodings of a text that an application reads the same. */
export const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'percent-encoded': encodeURIComponent,
  'percent-encoded, each byte': everyByte,
  'percent-encoded in lower case': (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent-encoded three times': (text) => encodeURIComponent(encodeURIComponent(encodeURIComponent(text))),
  'of a form': (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  'blanks alone': (text) => text.replaceAll(' ', '%20'),
  'in JSON': (text) => JSON.stringify({ text }),
  'in JSON in JSON': (text) => JSON.stringify({ text: JSON.stringify({ text }) }),
};

/** Places in which an `&`, a `#` or a `?` would end the text, so that it must be encoded. */
const IN_URL = new Set(['a path', 'a path, at its end', 'the value of a query']);

/** Whether a shape can occur in a place in this encoding and keep its meaning. */
export function isPossible(place: string, encoding: string, [, text]: Shape): boolean {
  if (encoding.includes('JSON')) return !IN_URL.has(place) && place !== 'a query';
  if (!encoding.startsWith('percent') && encoding !== 'of a form' && IN_URL.has(place))
    return !/[&#?/\n"<>]/.test(text);
  return true;
}

/** Whether a stored text contains the secret, in any encoding. */
export function leaks(stored: string, secret = CANARY): boolean {
  let text = stored;
  for (let times = 0; times < 5; times++) {
    if (text.includes(secret) || text.replaceAll('+', ' ').includes(secret)) return true;
    text = text.replace(/%([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  }
  return false;
}
