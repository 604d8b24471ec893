import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Servers have one core to themselves, those who ask them the other. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

const isAllowed = (core) => spawnSync('taskset', ['-c', String(core), 'true'], { stdio: 'ignore' }).status === 0;

/** On one core, or without `taskset`, everything runs where the kernel puts it. */
export const canPin = isAllowed(SERVER_CORE) && isAllowed(LOAD_CORE);

/** A Node process on one core, and questions to it one at a time. */
export class PinnedProcess {
  #child;
  #exited;

  constructor(core, file, { node = process.execPath, env = {}, flags = [] } = {}) {
    const command = [node, ...flags, file];
    if (canPin) command.unshift('taskset', '-c', String(core));
    this.#child = spawn(command[0], command.slice(1), {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit');
  }

  get pid() {
    return this.#child.pid;
  }

  async ask(question) {
    this.#child.send(question);
    return await this.answer();
  }

  /** The next message from it. */
  async answer() {
    const ended = this.#exited.then(([code]) => {
      throw new Error(`a process of the benchmark ended with ${code} instead of an answer`);
    });
    const [message] = await Promise.race([once(this.#child, 'message'), ended]);
    if (message.error) throw new Error(message.error);
    return message;
  }

  async stop() {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}
