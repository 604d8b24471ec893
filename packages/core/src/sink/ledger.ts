/**
 * Counts of all spans that a process started, by what became of them. Always exact: `started = stored + sampledOut +
 * folded + dropped.queueFull + dropped.writeFailed + dropped.closed + dropped.tooLarge + spilled + pending`.
 */
export interface Ledger {
  /** Spans started, recorded or not. */
  readonly started: number;
  /** Spans committed to the store. */
  readonly stored: number;
  /** Spans the sampler decided not to keep. */
  readonly sampledOut: number;
  /** Spans of kept traces that have no row of their own: another span of their trace counts and sums them by name. */
  readonly folded: number;
  /** Spans lost, by reason. */
  readonly dropped: {
    /** The queue held `maxQueueSize` spans already. */
    readonly queueFull: number;
    /** The store refused the batch for good, or could not take it before the deadline of `close()`. */
    readonly writeFailed: number;
    /** Started, or still open, after `close()`. */
    readonly closed: number;
    /** Reserved for a store that refuses a single span for its size. This version counts none: always 0. */
    readonly tooLarge: number;
  };
  /** Spans kept in a spill file, until the store takes them in: this process when it can, or the next one. */
  readonly spilled: number;
  /** Spans still open, or on their way to the store. */
  readonly pending: number;
}

/**
 * The figures of a ledger, each with its column in the file: the one list of them. `pending` is not in it, because it
 * follows from the others: it is `started` less all others.
 */
export const LEDGER_COLUMNS = {
  started: 'started',
  stored: 'stored',
  sampledOut: 'sampled_out',
  folded: 'folded',
  queueFull: 'dropped_queue_full',
  writeFailed: 'dropped_write_failed',
  closed: 'dropped_closed',
  tooLarge: 'dropped_too_large',
  spilled: 'spilled',
} as const;

type Figure = keyof typeof LEDGER_COLUMNS;
type Column = (typeof LEDGER_COLUMNS)[Figure];

/** A ledger without its nesting: one number for each figure. */
export type LedgerFigures = Readonly<Record<Figure, number>>;

/** The figures of a ledger, by column. */
export type LedgerRow = Readonly<Record<Column, number>>;

const FIGURES = Object.keys(LEDGER_COLUMNS) as Figure[];

/** All columns, `started` first. */
export const LEDGER_COLUMN_NAMES: readonly Column[] = Object.values(LEDGER_COLUMNS);

/** SQL for `pending`, of a row that has all columns. */
export const PENDING_SQL = LEDGER_COLUMN_NAMES.join(' - ');

/** Builds figures from a function that is called with the name of each. */
export function figuresBy(ask: (figure: Figure) => number): LedgerFigures {
  return Object.fromEntries(FIGURES.map((figure) => [figure, ask(figure)])) as LedgerFigures;
}

/** Makes a ledger: computes `pending`, and groups the reasons for dropped spans. */
export function toLedger(figures: LedgerFigures): Ledger {
  const { started, stored, sampledOut, folded, queueFull, writeFailed, closed, tooLarge, spilled } = figures;
  const accountedFor = FIGURES.reduce((sum, figure) => (figure === 'started' ? sum : sum + figures[figure]), 0);
  return {
    started,
    stored,
    sampledOut,
    folded,
    dropped: { queueFull, writeFailed, closed, tooLarge },
    spilled,
    pending: started - accountedFor,
  };
}

/** The reverse of {@link toLedger}. A figure that a ledger of an older version lacks is 0. */
export function figuresOf({ dropped, ...others }: Ledger): LedgerFigures {
  const known: Readonly<Partial<LedgerFigures>> = { ...others, ...dropped };
  return figuresBy((figure) => known[figure] ?? 0);
}

export function toLedgerRow(ledger: Ledger): LedgerRow {
  const figures = figuresOf(ledger);
  return Object.fromEntries(FIGURES.map((figure) => [LEDGER_COLUMNS[figure], figures[figure]])) as LedgerRow;
}

export function figuresOfRow(row: LedgerRow): LedgerFigures {
  return figuresBy((figure) => row[LEDGER_COLUMNS[figure]]);
}

/** The counters behind a {@link Ledger}: plain numbers, cheap to raise on the request path. */
export class LedgerCounters {
  started = 0;
  stored = 0;
  sampledOut = 0;
  folded = 0;
  queueFull = 0;
  writeFailed = 0;
  closed = 0;
  spilled = 0;

  /**
   * @param beingStored number of spans in the batch that this snapshot is written with: they count as stored.
   *   Default 0.
   * @param fromSpill number of these that have counted as spilled so far. Default 0.
   */
  snapshot(beingStored = 0, fromSpill = 0): Ledger {
    return toLedger({
      ...this,
      tooLarge: 0,
      stored: this.stored + beingStored,
      spilled: this.spilled - fromSpill,
    });
  }
}
