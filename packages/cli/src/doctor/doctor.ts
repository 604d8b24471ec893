import { openReader } from '@ferretjs/core/reader';
import { examine, type Finding } from '@ferretjs/queries';
import { countOf, escapeControls } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import { wrap } from '../format/width.js';
import { AttentionError, type Terminal } from '../terminal.js';
import { placeFor, whileWaiting } from '../waiting.js';

export interface DoctorOptions {
  /** Compares indexes with tables too. */
  readonly full?: boolean;
  /** In days. */
  readonly maxAge?: number;
  /** In megabytes. */
  readonly maxSize?: number;
  readonly json?: boolean;
  /** Looks at libraries, not at a file. */
  readonly coverage?: boolean;
}

/** `ferret doctor`: the condition of a file, and remedies. */
export async function doctor(terminal: Terminal, file: string, options: DoctorOptions): Promise<void> {
  const { full = false, maxAge, maxSize } = options;
  const limits = {
    ...(maxAge !== undefined && { maxAgeDays: maxAge }),
    ...(maxSize !== undefined && { maxSizeMegabytes: maxSize }),
  };
  const reader = await openReader(file, placeFor(terminal));
  try {
    const examination = await whileWaiting(terminal, 'checking the file', () => examine(reader, { limits, full }));
    const { isHealthy, findings } = examination;
    if (options.json === true) {
      terminal.print(safeJson({ file, ...examination }, 2));
    } else {
      const attention = findings.filter(({ level }) => level === 'attention').length;
      terminal.print(findings.map((finding) => renderFinding(terminal, finding)).join('\n'));
      const verdict = isHealthy
        ? terminal.colors.green('healthy')
        : terminal.colors.red(`${countOf(attention, 'finding needs', 'findings need')} attention`);
      terminal.print(`\n${escapeControls(file)}: ${verdict}`);
    }
    if (!isHealthy) throw new AttentionError('The file needs attention.');
  } finally {
    await reader.close();
  }
}

/** Columns of the mark and the topic. */
export const TITLE_WIDTH = 22;
const NARROW_INDENT = 4;

/** On a narrower terminal a text stands below its title. */
const LEAST_ROOM = 24;

/** The part of a finding that is printed. */
export type ShownFinding = Pick<Finding, 'level' | 'topic' | 'text' | 'advice'>;

/** A finding, and under it what to do. */
export function renderFinding(
  { colors, width }: Pick<Terminal, 'colors' | 'width'>,
  finding: ShownFinding,
  titleWidth = TITLE_WIDTH,
): string {
  const { level, topic, text, advice } = finding;
  const mark = { ok: colors.green('ok'), note: colors.cyan('--'), attention: colors.red('!!') }[level];
  const isBeside = width - titleWidth >= LEAST_ROOM;
  const margin = isBeside ? titleWidth : NARROW_INDENT;
  const room = Math.max(width - margin, 1);
  const lines = [...wrap(text, room), ...(advice === undefined ? [] : wrap(`-> ${advice}`, room).map(colors.dim))];
  const title = `${mark}  ${isBeside ? topic.padEnd(titleWidth - 4) : topic}`;
  const [first = '', ...rest] = isBeside ? lines : ['', ...lines];
  return [`${title}${first}`, ...rest.map((line) => `${' '.repeat(margin)}${line}`)].join('\n');
}
