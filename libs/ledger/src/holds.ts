/** Money of an account that is set aside for a purpose: still its own, but not available. */
export interface Hold {
  /** UUIDv7 of the caller's, from the same space as entry ids. */
  readonly id: string;
  readonly account: string;
  /** What is still held, in minor units; above zero as long as the hold is open. */
  readonly amount: bigint;
  /** From this instant on, in ms since the epoch, it can no longer be captured. */
  readonly expiresAt: number;
}

/** The furthest that the end of a hold may lie ahead: card schemes allow a month, a pre-order may take longer. */
export const MAX_HOLD_MS = 366 * 24 * 3_600_000;

/** Ids of holds whose time has come at `nowMs`, at most `limit`; visits each open hold. */
export function dueHolds(
  { holds }: { readonly holds: ReadonlyMap<string, Hold> },
  nowMs: number,
  limit: number,
): string[] {
  const due: string[] = [];
  for (const { id, expiresAt } of holds.values()) {
    if (due.length === limit) break;
    if (expiresAt <= nowMs) due.push(id);
  }
  return due;
}
