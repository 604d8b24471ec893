import { maskQuery } from './query-text.js';

/** Texts of queries: the name of OpenTelemetry's stable conventions, and the older one. */
const QUERY_TEXTS = ['db.query.text', 'db.statement'];

/**
 * Attributes that hold values, keys, documents or prompts, which are never stored: parameters of queries, sources and
 * variables of GraphQL, keys and bodies of messages, what a model was asked and has answered.
 */
const VALUES = new RegExp(
  `^(?:${[
    'db\\.query\\.parameters?(?:\\..*)?',
    'db\\.operation\\.parameters?(?:\\..*)?',
    'db\\.\\w+\\.(?:values|parameters)',
    'graphql\\.(?:source|document)',
    'graphql\\.variables(?:\\..*)?',
    'messaging\\.message\\.(?:body|payload)',
    'messaging\\.kafka\\.message\\.key',
    'gen_ai\\.(?:input|output)\\.messages',
    'gen_ai\\.(?:prompt|completion)(?:\\..*)?',
    'gen_ai\\.system_instructions',
    'gen_ai\\.tool\\.call\\.(?:arguments|result)',
    'gen_ai\\.event\\.content',
  ].join('|')})$`,
);

/** Names repeat: what was found of one is remembered. */
const known = new Map<string, boolean>();
const MAX_KNOWN = 2_000;

function isValue(name: string): boolean {
  let is = known.get(name);
  if (is === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    is = VALUES.test(name);
    if (name.length <= 128) known.set(name, is);
  }
  return is;
}

type Attributes = Readonly<Record<string, unknown>>;

/**
 * Returns a copy of attributes with what may be stored of them: texts of queries are masked, and attributes that hold
 * values are left out. Secrets in the others are found where the span is recorded.
 *
 * @param leftOut names of attributes that are stored elsewhere
 */
export function storedAttributes(attributes: Attributes, leftOut?: ReadonlySet<string>): Record<string, unknown> {
  const stored: Record<string, unknown> = {};
  try {
    for (const name of Object.keys(attributes)) {
      if (name === '__proto__' || isValue(name) || leftOut?.has(name) === true) continue;
      stored[name] = attributes[name];
    }
  } catch {
    // A proxy or a getter that throws: what could be read before is kept.
  }
  for (const name of QUERY_TEXTS) {
    const text = stored[name];
    if (text === undefined) continue;
    delete stored[name];
    if (typeof text !== 'string') continue;
    const masked = maskQuery(text, stored['db.system.name'] ?? stored['db.system']);
    if (masked.text !== undefined) stored[name] = masked.text;
    if (masked.summary !== undefined) stored['db.query.summary'] ??= masked.summary;
  }
  return stored;
}

/**
 * The value of an attribute as a span keeps it until it ends: lists are copied. `undefined` for what is no value.
 */
export function toAttribute(value: unknown): unknown {
  if (value === null || typeof value === 'function' || typeof value === 'symbol') return undefined;
  return Array.isArray(value) && !isComplex(value) ? value.slice(0, MAX_LIST) : value;
}

/** Items of a list that are kept until the span ends. */
const MAX_LIST = 1_024;

/** Whether a value is more than a primitive or a list of these: an object, or a list with objects in it. */
export function isComplex(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) || value.slice(0, MAX_LIST).some((item) => typeof item === 'object' && item !== null);
}
