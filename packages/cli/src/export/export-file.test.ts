import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExportFile } from './export-file.js';

let directory: string;
let path: string;
let source: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ferret-export-'));
  path = join(directory, 'out.csv');
  source = join(directory, 'ferret.db');
  await writeFile(source, 'data');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function write(target: string, force = false): Promise<void> {
  const file = await ExportFile.create(target, force, source);
  await file.write('new');
  await file.complete();
  await file.discard();
}

describe('an exported file', () => {
  it('has its name only once it is complete, and only its owner may read it', async () => {
    const file = await ExportFile.create(path, false, source);
    await file.write('a');
    await file.write('b');
    const before = await readdir(directory);
    expect(before).not.toContain('out.csv');
    expect(before).toHaveLength(2);
    await file.complete();
    await file.discard();
    expect(await readdir(directory)).toEqual(['ferret.db', 'out.csv']);
    expect(await readFile(path, 'utf8')).toBe('ab');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('leaves nothing where it is given up', async () => {
    const file = await ExportFile.create(path, false, source);
    await file.write('a');
    await file.discard();
    const other = await ExportFile.create(path, false, source);
    other.discardSync();
    await other.discard();
    expect(await readdir(directory)).toEqual(['ferret.db']);
  });

  it('takes no name that is taken, by a file or a link to anywhere', async () => {
    await writeFile(path, 'old');
    await symlink(path, join(directory, 'link'));
    await symlink(join(directory, 'nowhere'), join(directory, 'dangling'));
    for (const name of ['out.csv', 'link', 'dangling']) {
      await expect(write(join(directory, name))).rejects.toThrow('is there already. Give another path, or --force');
    }
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['dangling', 'ferret.db', 'link', 'out.csv']);
  });

  it('takes no name that was taken meanwhile', async () => {
    const file = await ExportFile.create(path, false, source);
    await writeFile(path, 'old');
    await expect(file.complete()).rejects.toThrow('is there already');
    await file.discard();
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['ferret.db', 'out.csv']);
  });

  it('replaces by force a file, or a link and not what it leads to', async () => {
    await writeFile(path, 'old');
    await symlink('out.csv', join(directory, 'link'));
    await write(join(directory, 'link'), true);
    expect(await readFile(path, 'utf8')).toBe('old');
    await expect(readlink(join(directory, 'link'))).rejects.toThrow();
    await write(path, true);
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('never replaces what is being exported', async () => {
    await writeFile(`${source}-wal`, 'wal');
    await link(source, join(directory, 'same'));
    await symlink(source, join(directory, 'link'));
    for (const name of ['ferret.db', 'ferret.db-wal', 'same', 'link']) {
      await expect(write(join(directory, name), true)).rejects.toThrow('is the file that is being exported');
    }
    expect(await readFile(source, 'utf8')).toBe('data');
  });

  it('says what is wrong with a path', async () => {
    await mkdir(path);
    await expect(write(path, true)).rejects.toThrow('is a directory');
    await expect(write(join(directory, 'nope', 'out'))).rejects.toThrow(/there is no directory .*nope\.$/);
    await expect(write(join(source, 'out'))).rejects.toThrow(/there is no directory/);
    await expect(write(join(directory, 'x'.repeat(300)))).rejects.toThrow('cannot be written: ENAMETOOLONG');
  });

  it.skipIf(process.getuid?.() === 0)('says that it has no permission', async () => {
    await chmod(directory, 0o500);
    await expect(write(path)).rejects.toThrow('no permission');
    await chmod(directory, 0o700);
  });
});
