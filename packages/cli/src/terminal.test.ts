import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { OutputClosedError, openTerminal } from './terminal.js';

const silent = { write: () => true };
const screen = { ...silent, isTTY: true, columns: 60 };

function hasColors(stdout: Parameters<typeof openTerminal>[0], environment: NodeJS.ProcessEnv = {}): boolean {
  return openTerminal(stdout, screen, environment).colors.isColorSupported;
}

describe('a terminal', () => {
  it('has colours where standard output is one, whatever standard error is', () => {
    expect(hasColors(screen)).toBe(true);
    expect(hasColors(silent)).toBe(false);
    expect(hasColors(silent, { CI: 'true' })).toBe(false);
    expect(hasColors(screen, { TERM: 'dumb' })).toBe(false);
  });

  it('follows NO_COLOR, then FORCE_COLOR', () => {
    expect(hasColors(screen, { NO_COLOR: '1' })).toBe(false);
    expect(hasColors(screen, { NO_COLOR: '' })).toBe(true);
    expect(hasColors(silent, { FORCE_COLOR: '1' })).toBe(true);
    expect(hasColors(screen, { FORCE_COLOR: '0' })).toBe(false);
    expect(hasColors(silent, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
  });

  it('has the width of the screen, and none where there is no screen', () => {
    expect(openTerminal(screen, silent, {}).width).toBe(60);
    expect(openTerminal({ ...screen, columns: 0 }, silent, {}).width).toBe(80);
    expect(openTerminal(silent, screen, {}).width).toBe(Number.POSITIVE_INFINITY);
  });

  it('draws with more than ASCII unless it is dumb, or its locale is of another encoding', () => {
    const isUnicode = (environment: NodeJS.ProcessEnv) => openTerminal(screen, silent, environment).isUnicode;
    expect(isUnicode({})).toBe(true);
    expect(isUnicode({ LANG: 'de_DE.UTF-8' })).toBe(true);
    expect(isUnicode({ LANG: 'C', LC_ALL: 'C.utf8' })).toBe(true);
    expect(isUnicode({ LANG: 'en_US.UTF-8', LC_CTYPE: 'C' })).toBe(false);
    expect(isUnicode({ LANG: 'de_DE.ISO-8859-1' })).toBe(false);
    expect(isUnicode({ LANG: 'en_US.UTF-8', TERM: 'dumb' })).toBe(false);
  });

  it('prints lines to standard output, and complaints to standard error', () => {
    const written: string[] = [];
    const stream = (name: string) => ({ write: (text: string) => written.push(`${name}: ${text}`) });
    const terminal = openTerminal(stream('out'), stream('err'), {});
    terminal.print('a');
    terminal.complain('b');
    expect(written).toEqual(['out: a\n', 'err: b\n']);
  });
});

describe('writing data', () => {
  it('R19: escapes control characters to a terminal, and leaves them in what goes elsewhere', async () => {
    const data = 'name,count\r\n"\x1b]0;PWNED\x07, \u009b2J, \u202e, a\rb\nc",1\r\n';
    const writtenTo = async (screen: object) => {
      let written = '';
      await openTerminal({ ...screen, write: (text) => (written += text) }, silent, {}).writeData(data);
      return written;
    };
    expect(await writtenTo({})).toBe(data);
    expect(await writtenTo({ isTTY: true })).toBe('name,count\n"\\x1b]0;PWNED\\x07, \\x9b2J, \\u202e, a\\x0db\nc",1\n');
  });

  it('waits until the output takes more', async () => {
    const stdout = new PassThrough({ highWaterMark: 4 });
    const terminal = openTerminal(stdout, silent, {});
    await terminal.write('abc');
    let isWritten = false;
    const written = terminal.write('defg').then(() => (isWritten = true));
    await new Promise(setImmediate);
    expect(isWritten).toBe(false);
    expect(String(stdout.read())).toBe('abcdefg');
    await written;
  });

  it('says when nobody reads on, before it writes or while it waits', async () => {
    const stdout = new PassThrough({ highWaterMark: 4 });
    const terminal = openTerminal(stdout, silent, {});
    const waiting = terminal.write('abcdef');
    stdout.destroy();
    await expect(waiting).rejects.toThrow(OutputClosedError);
    await expect(terminal.write('x')).rejects.toThrow(OutputClosedError);
  });
});

describe('a status', () => {
  function statusOf(stdout: object, stderr: object, beside: 'file' | 'standard output'): string {
    let shown = '';
    const output = { ...stderr, write: (text: string) => (shown += text) };
    openTerminal({ ...silent, ...stdout }, output, {}).status('a line that is too long for it', beside);
    return shown;
  }

  it('is one line that is written over, cut to the terminal', () => {
    expect(statusOf({}, { isTTY: true, columns: 11 }, 'standard output')).toBe('\ra line tha\u001b[K');
  });

  it('is shown on a terminal only, and not among data', () => {
    expect(statusOf({}, {}, 'file')).toBe('');
    expect(statusOf({ isTTY: true }, { isTTY: true }, 'standard output')).toBe('');
    expect(statusOf({ isTTY: true }, { isTTY: true }, 'file')).not.toBe('');
  });
});
