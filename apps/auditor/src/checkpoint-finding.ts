/** The first thing that is wrong with what was signed of a book. */
export interface CheckpointFinding {
  readonly code:
    | 'checkpoints_missing'
    | 'checkpoint_invalid'
    | 'checkpoint_beyond_log'
    | 'root_differs'
    | 'chain_differs'
    | 'totals_differ'
    | 'liabilities_differ'
    | 'time_backwards'
    | 'tile_differs'
    | 'cosignature_invalid'
    | 'cosignatures_missing'
    | 'ledger_damaged';
  /** Place among the book's checkpoints, from 0; `undefined` where it is none of them. */
  readonly checkpoint: number | undefined;
  readonly detail: string;
}

/** Ends the reading of what was signed. */
export class Fault extends Error {
  constructor(readonly finding: CheckpointFinding) {
    super(finding.detail);
  }
}
