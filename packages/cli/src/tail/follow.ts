import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { FerretError, type FerretErrorCode, openReader, type Reader, type StoredSpan } from '@ferretjs/core/reader';

export interface FollowOptions {
  /** The number of spans that are stored already to begin with. */
  readonly backlog: number;
  /** Called when the file is not there, or not yet a file of Ferret; and when it is another one than before. */
  readonly onNotice: (text: string) => void;
  readonly signal: AbortSignal;
}

const BUSY_MILLIS = 200;
/** While nothing comes, it is looked for less and less often. */
const IDLE_MILLIS = 1_000;
/** A page of fewer spans is the end of what is there. */
export const PAGE_SIZE = 1_000;

/** Errors that may pass in a moment, while an application makes the file. */
const PASSING: ReadonlySet<FerretErrorCode> = new Set(['FILE_NOT_SQLITE', 'FILE_FOREIGN', 'FILE_UNREADABLE']);
/** Errors that are waited for without an end. */
const WAITED_FOR: ReadonlySet<FerretErrorCode> = new Set(['FILE_NOT_FOUND', 'FILE_EMPTY', 'STORE_UNAVAILABLE']);
const PASSING_LOOKS = 5;

/**
 * Spans of a file as they are stored, page by page, until the signal; also where the file comes later, or is replaced.
 */
export async function* follow(file: string, options: FollowOptions): AsyncGenerator<readonly StoredSpan[]> {
  const { signal, onNotice } = options;
  let isFirst = true;
  while (!signal.aborted) {
    const reader = await openWhenThere(file, options);
    if (reader === undefined) return;
    try {
      // All of a file that took the place of another is new.
      const last = isFirst ? await reader.lastSpanId() : 0;
      yield* followFile(file, reader, Math.max(last - options.backlog, 0), signal);
    } catch (error) {
      if (!(error instanceof FerretError && WAITED_FOR.has(error.code))) throw error;
    } finally {
      await reader.close();
    }
    if (!signal.aborted) onNotice(`${file} has been replaced, or is gone: looking for the new one.`);
    isFirst = false;
  }
}

/** Until the signal, or until the name stands for another file. */
async function* followFile(
  file: string,
  reader: Reader,
  start: number,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredSpan[]> {
  const identity = await identityOf(file);
  let cursor = start;
  let pause = BUSY_MILLIS;
  while (!signal.aborted) {
    const page = await reader.spansAfter(cursor, PAGE_SIZE);
    cursor = page.cursor;
    // Also nothing, which tells that all that was there has been read.
    if (page.spans.length > 0 || pause === BUSY_MILLIS) yield page.spans;
    pause = page.spans.length > 0 ? BUSY_MILLIS : Math.min(pause * 1.25, IDLE_MILLIS);
    if (page.spans.length === PAGE_SIZE) continue;
    if ((await identityOf(file)) !== identity) return;
    await pauseFor(pause, signal);
  }
}

async function openWhenThere(file: string, { onNotice, signal }: FollowOptions): Promise<Reader | undefined> {
  let passing = 0;
  let told = '';
  while (!signal.aborted) {
    try {
      return await openReader(file, { inPlace: true });
    } catch (error) {
      if (!(error instanceof FerretError)) throw error;
      if (PASSING.has(error.code) && passing < PASSING_LOOKS) passing += 1;
      else if (!WAITED_FOR.has(error.code)) throw error;
      else if (told !== error.code) {
        told = error.code;
        onNotice(
          error.code === 'FILE_NOT_FOUND'
            ? `There is no file ${file} yet: waiting for it.`
            : `${error.message.replace(/ Try again\.$/, '')} Waiting.`,
        );
      }
    }
    await pauseFor(BUSY_MILLIS, signal);
  }
  return undefined;
}

async function identityOf(file: string): Promise<string> {
  return stat(file).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => 'none',
  );
}

async function pauseFor(millis: number, signal: AbortSignal): Promise<void> {
  await sleep(millis, undefined, { signal }).catch(() => {});
}
