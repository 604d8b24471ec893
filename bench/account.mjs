// The figures of docs/performance.md: where the time of a request goes, by what each part adds to the one before it.
import { readFileSync, writeFileSync } from 'node:fs';
import { table, tenths, whole, wrap } from './cells.mjs';
import { FRAMEWORKS } from './overhead/variants.mjs';

const PAGE = new URL('../docs/performance.md', import.meta.url);
const MARKS = ['<!-- figures: begin, written by npm run bench -->', '<!-- figures: end -->'];

/** Rewrites the figures between the marks. */
export function writeAccount(results) {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = MARKS.map((mark) => page.indexOf(mark));
  if (begin < 0 || end < begin) throw new Error('docs/performance.md has lost the marks around its figures.');
  writeFileSync(PAGE, `${page.slice(0, begin + MARKS[0].length)}\n\n${account(results)}\n\n${page.slice(end)}`);
}

/** Differences of medians, so that a column adds up. */
export function account({ overhead, recording }) {
  if (overhead === undefined) return 'Not measured yet: `npm run bench -- overhead`.';
  const measured = Object.entries(overhead.data.frameworks).filter(([, { variants }]) => variants.context);
  const columns = measured.map(([, { variants }]) => partsOf(variants));
  const lines = [
    `Microseconds of processor time a request, \`npm run bench -- overhead\`, ${overhead.measuredOn}, Node ` +
      `${overhead.node} unless said otherwise, on ${overhead.machine}. Each row is what is added to the ones above ` +
      'it.',
    '',
    table(
      ['', ...measured.map(([framework]) => FRAMEWORKS[framework].label)],
      Object.keys(columns[0]).map((part) => [part, ...columns.map((column) => column[part])]),
    ),
  ];
  if (recording !== undefined) {
    const { outside, inside } = recording.data.ferret;
    lines.push(
      '',
      `Start, three attributes and end by themselves, warm: ${whole(outside.calls.median)} ns outside a parent, ` +
        `${whole(inside.calls.median)} ns inside one, and ${whole(outside.bytes.median)} bytes.`,
      '',
      'If a span took no more in a request than that, and the rest what it takes, Ferret would take',
      '',
      ...floors(measured, outside.calls.median),
    );
  }
  return wrap(lines.join('\n'));
}

/** With a span by itself in place of the row "span"; of what ran on the Node that `spanNanos` was measured on. */
function floors(measured, spanNanos) {
  return measured
    .filter(([framework]) => FRAMEWORKS[framework].node === undefined)
    .map(([framework, { variants }]) => {
      const main = mainOf(variants);
      const saved = main('ferret-unstored') - main('context') - spanNanos / 1000;
      const all = (variant) => variants[variant].addedAllMicros.median;
      return (
        `- on ${FRAMEWORKS[framework].label}, ${tenths(main('ferret') - saved)} us on the main thread (an eighth ` +
        `of OpenTelemetry's is ${tenths(main('otel-noop') / 8)}) and ${tenths(all('ferret') - saved)} us on all ` +
        `threads (a sixth of OpenTelemetry's to SQLite is ${tenths(all('otel-sqlite') / 6)}).`
      );
    });
}

function mainOf(variants) {
  return (variant) => variants[variant].addedMainMicros.median;
}

function partsOf(variants) {
  const main = mainOf(variants);
  const { ferret } = variants;
  return {
    'the bare app': tenths(variants.bare.mainMicros.median),
    'context: an `AsyncLocalStorage`, a listener': tenths(main('context')),
    'span: what is read off the request, kept, counted': tenths(main('ferret-unstored') - main('context')),
    'store: batches as JSON, to the driver': tenths(main('ferret') - main('ferret-unstored')),
    '**Ferret, main thread**': `**${tenths(main('ferret'))}**`,
    'SQLite, on its thread; helpers of V8': tenths(ferret.addedAllMicros.median - main('ferret')),
    '**Ferret, all threads**': `**${tenths(ferret.addedAllMicros.median)}**`,
    'OpenTelemetry, main thread, nothing exported': tenths(main('otel-noop')),
    'OpenTelemetry, all threads, to SQLite': tenths(variants['otel-sqlite'].addedAllMicros.median),
  };
}
