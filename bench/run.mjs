// npm run bench [-- <part> ...] [--short | --compare <results.json>]: measures, prints, and rewrites bench/RESULTS.md
// with its plots. The short form shows that every part works; it writes nothing and says nothing about speed.
// `--compare` measures nothing, and prints two results side by side.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { account } from './account.mjs';
import { withFixedWork } from './fixed-work.mjs';
import { PARTS } from './parts.mjs';
import { plot } from './plot.mjs';
import { allPlots, comparison, page, readResults, resultOf, writeResults } from './results.mjs';

const say = (text) => console.log(text);
const names = PARTS.map(({ name }) => name);
const { values, positionals } = parse();
if (values.help) say(help());
else if (values.compare !== undefined) compare(values.compare);
else await run(positionals.length === 0 ? PARTS : PARTS.filter(({ name }) => positionals.includes(name)));

async function run(parts) {
  const results = values.short ? {} : readResults();
  const took = [];
  for (const part of parts) {
    say(`\n=== ${part.title} (${part.name}${values.short ? ', short' : `, about ${duration(part.seconds)}`}) ===\n`);
    if (part.linuxOnly && process.platform !== 'linux') {
      say('Left out: processor time by thread is read from /proc, which only Linux has.');
      continue;
    }
    const started = performance.now();
    const { data, fixedWorkMillis } = await withFixedWork(() =>
      part.measure(values.short ? part.short : part.full, say),
    );
    const seconds = (performance.now() - started) / 1000;
    results[part.name] = resultOf(data, seconds, fixedWorkMillis);
    took.push(`${part.name.padEnd(12)}${duration(seconds).padStart(12)}`);
    say(`\n${part.describe(data)}`);
    // After each part: what a later one that fails has no part in is kept.
    if (!values.short) writeResults(results);
  }
  if (values.short) {
    say(
      `\nThe page of results has ${page(results).length} characters, the account ${account(results).length}, and ` +
        'there are these plots:',
    );
    for (const { file, ...figure } of allPlots(results)) say(`${file}, ${plot(figure).length} characters`);
  } else {
    say('\nWritten to bench/RESULTS.md, bench/results.json and bench/plots.');
  }
  say(`\n${took.join('\n')}`);
}

function parse() {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: {
        short: { type: 'boolean', default: false },
        compare: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const unknown = parsed.positionals.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`There is no part "${unknown}". There are: ${names.join(', ')}.`);
    const { compare, short } = parsed.values;
    if (compare !== undefined && (short || parsed.positionals.length > 0))
      throw new Error('--compare measures nothing: it goes with no part, and not with --short.');
    return parsed;
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

/** Prints the goals of another run, whose `results.json` is at `path`, beside those of this one's. */
function compare(path) {
  try {
    const results = JSON.parse(readFileSync(path, 'utf8'));
    if (!names.some((name) => results?.[name]?.data)) throw new Error(`"${path}" has no results of any part`);
    say(comparison(results, readResults()));
  } catch (error) {
    console.error(`--compare wants a copy of bench/results.json, of another run: ${error.message}`);
    process.exitCode = 2;
  }
}

function help() {
  const total = PARTS.reduce((sum, { seconds }) => sum + seconds, 0);
  return [
    'npm run bench [-- <part> ...] [--short | --compare <results.json>]',
    '',
    ...PARTS.map(({ name, title, seconds }) => `  ${name.padEnd(12)}${title.padEnd(28)}about ${duration(seconds)}`),
    '',
    `All parts: about ${duration(total)} on a quiet machine of two cores. Results go to bench/RESULTS.md, those of ` +
      'other parts stay.',
    '--short: a sign of life from each part, within a minute; nothing is written.',
    '--compare <results.json>: the goals of another run beside those of bench/results.json; nothing is measured.',
  ].join('\n');
}

function duration(seconds) {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
