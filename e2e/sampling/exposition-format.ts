/** A line of a metric. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, 's');
/** Three escapes, and no other; anything but quote, backslash and line feed stands for itself. */
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/s;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Reads Prometheus's text format (https://prometheus.io/docs/instrumenting/exposition_formats/), and throws at anything
 * it does not allow. Written from that page alone: the parsers on npm take almost any text.
 */
export function parseExposition(text: string): Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  if (!text.isWellFormed()) throw new Error('the text must be UTF-8');
  const families = new Map<string, Family>();
  const helped = new Set<string>();
  const series = new Set<string>();
  let family: Family | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = COMMENT.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (helped.has(name)) throw new Error(`two lines of help: ${line}`);
      helped.add(name);
    } else if (keyword === 'TYPE') {
      if (families.has(name)) throw new Error(`a type after samples, or twice: ${line}`);
      if (SUFFIXES[rest] === undefined) throw new Error(`no type: ${line}`);
      family = { name, type: rest, samples: [] };
      families.set(name, family);
    } else {
      const sample = parseSample(line);
      const suffix =
        family !== undefined && sample.name.startsWith(family.name) && sample.name.slice(family.name.length);
      // All lines of a metric stand together, behind its type.
      if (family === undefined || suffix === false || !SUFFIXES[family.type]!.includes(suffix)) {
        throw new Error(`a sample outside of its metric: ${line}`);
      }
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (series.has(key)) throw new Error(`twice: ${line}`);
      series.add(key);
      family.samples.push(sample);
    }
  }
  for (const each of families.values()) if (each.type === 'histogram') checkHistogram(each);
  return [...families.values()];
}

function parseSample(line: string): Sample {
  const [, name, pairs = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (let rest = pairs; rest !== ''; ) {
    const [whole, label, text] = LABEL.exec(rest) ?? [];
    if (whole === undefined || label === undefined || text === undefined) throw new Error(`no labels: ${line}`);
    if (Object.hasOwn(labels, label)) throw new Error(`the label ${label} twice: ${line}`);
    labels[label] = text.replace(/\\(.)/g, (_escape, character: string) => (character === 'n' ? '\n' : character));
    rest = rest.slice(whole.length);
  }
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number);
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return { name, labels, value };
}

/** Buckets are cumulative and end with `+Inf`, which is the count. */
function checkHistogram({ name, samples }: Family): void {
  const groups = new Map<string, { last: number; le: number; count?: number; hasSum?: true }>();
  for (const sample of samples) {
    const { le, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    const group = groups.get(key) ?? { last: 0, le: Number.NEGATIVE_INFINITY };
    groups.set(key, group);
    if (sample.name === `${name}_count`) group.count = sample.value;
    else if (sample.name === `${name}_sum`) group.hasSum = true;
    else {
      const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
      if (!(bound > group.le) || sample.value < group.last) throw new Error(`buckets out of order: ${key}`);
      group.le = bound;
      group.last = sample.value;
    }
  }
  for (const [key, { last, le, count, hasSum }] of groups) {
    if (le !== Number.POSITIVE_INFINITY || count !== last || hasSum !== true)
      throw new Error(`half a histogram: ${key}`);
  }
}
