import type { Channels } from './channels.js';

/**
 * The declaration of a library: how its work is seen, for which versions. The ways exclude each other by their
 * versions, so that nothing is seen twice: a hook ends where the library's own channel begins.
 */
export interface Library {
  /** The name for `only` and `except`, and in the coverage: mostly the name on npm. */
  readonly name: string;
  readonly ways: readonly Way[];
}

export type Way = ChannelWay | HookWay | NodeWay;

/** The library publishes its work on channels of `node:diagnostics_channel`. */
export interface ChannelWay {
  readonly how: 'channel';
  /** The name on npm of the package that publishes. */
  readonly package: string;
  /** Versions whose messages are understood, as {@link isInRange} reads them: `>=3.20 <4`. */
  readonly versions: string;
  /** Called once in a process, whether the library is there or not: a channel without a publisher costs nothing. */
  subscribe(channels: Channels): void;
}

/** An internal file of the library is patched when it is loaded. */
export interface HookWay {
  readonly how: 'hook';
  /** The name on npm of the package that has the file. */
  readonly package: string;
  /** Versions whose file is known, as {@link isInRange} reads them: `>=8.3 <9`. */
  readonly versions: string;
  /** The package that applications install, where the file is in another one that this brings along. */
  readonly below?: { readonly package: string; readonly versions: string };
  /** The path inside the package: `lib/client.js`. */
  readonly file: string;
  /** Whether the file is an ES module, which is loaded before the application does; see load-ahead.ts. */
  readonly isEsModule?: boolean;
  /**
   * Changes what the file exports, in place: methods of prototypes, best by {@link wrapMethod}. Called once for each
   * copy of the package in a process. What it throws is reported, and the library works on as it was.
   */
  patch(exports: unknown, copy: PackageCopy): void;
}

/** A module of Node's own, which is there before anything is loaded. */
export interface NodeWay {
  readonly how: 'node';
  /** Its name in the coverage: `fetch`. */
  readonly part: string;
  /** Called once in a process. */
  start(channels: Channels): void;
}

/** A copy of a package in a process: there may be several, of different versions. */
export interface PackageCopy {
  readonly name: string;
  readonly version: string;
  /** The folder that has its `package.json`. */
  readonly directory: string;
}
