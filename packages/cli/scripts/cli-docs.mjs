// npm run docs [-- --check], after npm run build: writes docs/cli.md from the definitions of the commands; --check only
// compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import bundled from '../dist/program.js';

const path = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));

// A default import: Node finds no names of exports in minified CommonJS.
const { createProgram } = bundled;

let help = '';
const program = createProgram({ print: (text) => (help += `${text}\n`), complain: () => {} });
const { visibleCommands, visibleOptions, optionDescription } = program.createHelp();

/** The sections of `--help`, by their titles. Those of addHelpText() can be read in no other way. */
function sectionsOf(command) {
  help = '';
  command.outputHelp();
  return Object.fromEntries(
    help.split(/\n(?=[A-Z][\w ]+:(?:\n|$))/).map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end).replace(/:.*$/, ''), section.slice(end + 1).trimEnd()];
    }),
  );
}

/** Text in lines of at most 120 characters. */
const wrap = (text) => text.replaceAll(/(?=.{121})(.{1,120}) /g, '$1\n');

/** Braces of tables and of HTML mean something in Markdown. */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('\n', ' ');
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');

function exitCodes(text) {
  const rows = text.split('\n').map((line) => /^ {2}(\S+) +(.*)$/.exec(line));
  return table(
    ['exit code', ''],
    rows.map(([, code, meaning]) => [`\`${code}\``, cell(meaning)]),
  );
}

const examples = (text) => `\`\`\`sh\n${text.replaceAll(/^ {2}\$ /gm, '').trimEnd()}\n\`\`\``;

const commonCodes = sectionsOf(program)['Exit codes'];

function page(command) {
  const sections = sectionsOf(command);
  const parts = [`## ferret ${command.name()}`, wrap(cell(command.description()))];
  parts.push('### Synopsis', `\`\`\`\nferret ${command.name()} ${command.usage()}\n\`\`\``);
  if (command.registeredArguments.length > 0) {
    const rows = command.registeredArguments.map((argument) => [
      `\`${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}\``,
      cell(program.createHelp().argumentDescription(argument)),
    ]);
    parts.push('### Arguments', table(['argument', ''], rows));
  }
  const rows = visibleOptions
    .call(program.createHelp(), command)
    .map((option) => [
      `\`${option.flags}\``.replaceAll('|', '\\|'),
      cell(optionDescription.call(program.createHelp(), option)),
    ]);
  parts.push('### Options', table(['option', ''], rows));
  parts.push('### Exit codes', exitCodes(sections['Exit codes'] ?? commonCodes));
  parts.push('### Examples', examples(sections['Examples']));
  return parts.join('\n\n');
}

const commands = visibleCommands.call(program.createHelp(), program).filter((command) => command.name() !== 'help');
const CAUTION = 'It reads while the application writes, in flat memory, and only `prune` and `recover` change a file.';
const document = `<!-- Written by npm run docs, from the definitions in packages/cli/src/commands. -->
# The ferret command

${wrap(`${program.description()} ${CAUTION}`)}

\`\`\`
ferret <command> [options]
ferret help <command>
\`\`\`

${table(
  ['command', ''],
  commands.map((command) => [`[\`${command.name()}\`](#ferret-${command.name()})`, cell(command.summary())]),
)}

A time is an ISO time (\`2026-01-31\`, \`2026-01-31T14:03\`, \`2026-01-31T14:03:22Z\`; without a zone in yours), or how
long ago (\`90s\`, \`15m\`, \`2h\`, \`7d\`). Text from the file is printed with its control characters escaped; JSON has
it as it is. Colours go to terminals only, unless \`FORCE_COLOR\` is set, and never where \`NO_COLOR\` is.

${commands.map(page).join('\n\n')}
`;

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== document) {
    console.error('docs/cli.md is not up to date: run npm run docs.');
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, document);
}
