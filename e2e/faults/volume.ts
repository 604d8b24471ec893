import { spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../temporary.js';

/** A small disk of its own: a tmpfs. Mounting one is root's privilege, and Linux's. */
export interface Volume {
  readonly directory: string;
  remountReadOnly(): void;
}

export const canMount = tryMount();

export function mountVolume(kilobytes: number): Volume {
  const directory = temporaryDirectory();
  mount(directory, `size=${kilobytes}k,mode=0755`);
  onTestFinished(() => void spawnSync('umount', ['-l', directory]));
  return { directory, remountReadOnly: () => mount(directory, 'remount,ro') };
}

function tryMount(): boolean {
  const directory = temporaryDirectory();
  return run('mount', '-t', 'tmpfs', 'tmpfs', directory) === '' && run('umount', directory) === '';
}

function mount(directory: string, options: string): void {
  const failure = run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', directory);
  if (failure !== '') throw new Error(failure);
}

/** Runs a command, and returns its error; an empty text if there was none. */
function run(command: string, ...parameters: string[]): string {
  const { status, stderr, error } = spawnSync(command, parameters, { encoding: 'utf8' });
  return status === 0 ? '' : (error?.message ?? stderr);
}
