// The results (results.json), and the page and plots made from them. A run of some parts replaces these only.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { writeAccount } from './account.mjs';
import { quartileCell, table, wrap } from './cells.mjs';
import { compareGoals, describeGoals } from './goals.mjs';
import { PARTS } from './parts.mjs';
import { plot } from './plot.mjs';

const here = (name) => new URL(name, import.meta.url);

/** By the name of the part: when, where and how long it was measured, and its data. */
export function readResults() {
  return existsSync(here('results.json')) ? JSON.parse(readFileSync(here('results.json'), 'utf8')) : {};
}

/** A part's data with what is to be known about the run. */
export function resultOf(data, seconds, fixedWorkMillis) {
  return {
    measuredOn: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    machine: `${availableParallelism()} x ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}`,
    seconds: Math.round(seconds),
    fixedWorkMillis: rounded(fixedWorkMillis),
    data: rounded(data),
  };
}

export function writeResults(results) {
  writeFileSync(here('results.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(here('RESULTS.md'), page(results));
  writeAccount(results);
  mkdirSync(here('plots/'), { recursive: true });
  for (const { file, ...figure } of allPlots(results)) writeFileSync(here(`plots/${file}`), plot(figure));
}

/** RESULTS.md. */
export function page(results) {
  return `${wrap(
    [
      '# Results',
      '',
      'Written by `npm run bench`; [how it is measured](README.md). Medians, with quartiles in brackets.',
      '',
      '## Goals',
      '',
      describeGoals(dataOf(results)),
      ...PARTS.flatMap((part) => ['', ...section(part, results[part.name])]),
    ].join('\n'),
  )}\n`;
}

/** Each goal in two runs, then where and when each run measured its parts. */
export function comparison(first, second) {
  const rows = PARTS.map(({ name }) => [
    name,
    ...[first[name], second[name]].map((result) => result && origin(result)),
  ]);
  return [
    compareGoals(dataOf(first), dataOf(second)),
    '',
    table(
      ['part', 'first', 'second'],
      rows.map((cells) => cells.map((cell) => cell ?? 'not measured')),
    ),
  ].join('\n');
}

function dataOf(results) {
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
}

function section({ name, title, describe, plots }, result) {
  const lines = [`## ${title}`, ''];
  if (result === undefined) return [...lines, `Not measured yet: \`npm run bench -- ${name}\`.`];
  return [
    ...lines,
    `\`npm run bench -- ${name}\`, ${origin(result)}`,
    '',
    describe(result.data),
    ...(plots?.(result.data) ?? []).flatMap((figure) => ['', `![${figure.title}](plots/${figure.file})`]),
  ];
}

function origin({ measuredOn, node, machine, seconds, fixedWorkMillis }) {
  // A part that was measured before this was has none.
  const work = fixedWorkMillis && ` A fixed piece of work, before and after it: ${quartileCell(fixedWorkMillis)} ms.`;
  return `${measuredOn}, Node ${node} on ${machine}, ${seconds} s.${work ?? ''}`;
}

/** The figures of all parts that have been measured. */
export function allPlots(results) {
  return PARTS.flatMap(({ name, plots }) => (plots && results[name] ? plots(results[name].data) : []));
}

/** Five digits: what is beyond is noise, and makes a diff of it. */
function rounded(value) {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(5));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}
