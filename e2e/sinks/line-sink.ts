import { appendFile, readFile } from 'node:fs/promises';
import type { ProcessIdentity, SpanBatch, SpanRecord, SpanSink } from '@ferretjs/core';

/** A line of the file. */
interface Line {
  readonly service: string;
  readonly processKey: string;
  readonly id: number;
  readonly spans: readonly SpanRecord[];
}

/**
 * A store as another package would have it: written against the public types of `@ferretjs/core` alone. A batch is a
 * line of JSON, so it is there as a whole or not at all.
 */
export class LineSink implements SpanSink {
  readonly file: string;
  readonly #known = new Set<string>();
  #process: ProcessIdentity | undefined;

  constructor(file: string) {
    this.file = file;
  }

  async open(process: ProcessIdentity): Promise<void> {
    this.#process = process;
    for (const { processKey, id } of await linesOf(this.file)) this.#known.add(`${processKey} ${id}`);
  }

  async write({ id, process = this.#process, spans }: SpanBatch): Promise<void> {
    if (process === undefined) throw new Error('open() was not called');
    const { service, processKey } = process;
    const name = `${processKey} ${id}`;
    if (this.#known.has(name)) return;
    const line: Line = { service, processKey, id, spans };
    try {
      await appendFile(this.file, `${JSON.stringify(line)}\n`);
    } catch (cause) {
      throw Object.assign(new Error(`${this.file} cannot be written`, { cause }), { code: 'STORE_UNAVAILABLE' });
    }
    this.#known.add(name);
  }

  async close(): Promise<void> {}
}

/** Every line of a file; none where there is no file. */
export async function linesOf(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
