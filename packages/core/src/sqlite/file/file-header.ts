import { fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';

import { OPEN_SAFELY } from '../../open-safely.js';

/** Fields of the first page of a database: https://sqlite.org/fileformat.html#the_database_header. */
export interface FileHeader {
  /** `wal`, or by way of a rollback journal, as a file is that is new. */
  readonly format: 'wal' | 'rollback';
  readonly applicationId: number;
  /** Size of a page, in bytes. */
  readonly pageBytes: number;
}

const PAGE_BYTES_OFFSET = 16;
const WRITE_VERSION_OFFSET = 18;
const APPLICATION_ID_OFFSET = 68;
const HEADER_BYTES = 100;
const WAL = 2;

/**
 * Descriptors by the identity of their file. They stay open: to close one would drop every POSIX lock that this process
 * holds on the file, and with them those of SQLite (https://sqlite.org/howtocorrupt.html, 2.2). A header is looked at
 * only where a rollback journal lies beside its file, so there are few.
 */
const descriptors = new Map<string, number>();
const MAX_DESCRIPTORS = 32;

/** Reads the header of a database without SQLite. Returns nothing where that cannot be done. */
export function readHeader(file: string): FileHeader | undefined {
  try {
    const descriptor = descriptors.get(keyOf(lstatSync(file))) ?? openForGood(file);
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(descriptor, header, 0, HEADER_BYTES, 0);
    return {
      format: header[WRITE_VERSION_OFFSET] === WAL ? 'wal' : 'rollback',
      applicationId: header.readUInt32BE(APPLICATION_ID_OFFSET),
      // The value 1 stands for 65,536.
      pageBytes: header.readUInt16BE(PAGE_BYTES_OFFSET) === 1 ? 65_536 : header.readUInt16BE(PAGE_BYTES_OFFSET),
    };
  } catch {
    return undefined;
  }
}

function openForGood(file: string): number {
  if (descriptors.size >= MAX_DESCRIPTORS) throw new Error('too many files with journals');
  const descriptor = openSync(file, OPEN_SAFELY);
  descriptors.set(keyOf(fstatSync(descriptor)), descriptor);
  return descriptor;
}

function keyOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
