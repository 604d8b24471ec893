/** A judgement of the doctor: one thing that was looked at, and whether it is as it should be. */
export interface Finding {
  /** `ok` and `note` are as they should be; `attention` asks for something to be done. */
  readonly level: 'ok' | 'note' | 'attention';
  /** The thing that was looked at: a stable code, such as `wal` or `ledger.queueFull`. */
  readonly topic: string;
  /** The judgement in words, safe to print on a terminal. */
  readonly text: string;
  /** The remedy, where there is one. */
  readonly advice?: string;
  /** The figures behind the words, sizes in bytes. Which there are depends on the topic; they may grow. */
  readonly facts: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}
