/** Something that was found out about a file. */
export interface Finding {
  /** `ok` and `note` are as they should be; `attention` asks for something to be done. */
  readonly level: 'ok' | 'note' | 'attention';
  /** What was looked at: stable, for machines. */
  readonly topic: string;
  /** In words. */
  readonly text: string;
  /** What to do, where there is something. */
  readonly advice?: string;
}
