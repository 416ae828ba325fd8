/** Entry ids older than this, by the ledger's clock, are no longer taken nor remembered. */
export const ENTRY_ID_WINDOW_MS = 7 * 24 * 3_600_000;

/** How far ahead of the ledger's clock the clock that made an entry id may be. */
export const ENTRY_ID_AHEAD_MS = 5 * 60_000;

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** When a UUIDv7 in its lower-case form was made, in ms since the epoch; `undefined` for anything else. */
export function entryIdTimeMs(entryId: string): number | undefined {
  if (!UUID_V7.test(entryId)) return undefined;
  return Number.parseInt(entryId.slice(0, 8), 16) * 0x1_0000 + Number.parseInt(entryId.slice(9, 13), 16);
}

export type EntryIdFault = 'entry_id_invalid' | 'entry_id_expired';

/** Whether an entry id may be recorded when the ledger's clock stands at `clockMs`. */
export function entryIdFault(entryId: string, clockMs: number): EntryIdFault | undefined {
  const timeMs = entryIdTimeMs(entryId);
  if (timeMs === undefined || timeMs > clockMs + ENTRY_ID_AHEAD_MS) return 'entry_id_invalid';
  return timeMs < clockMs - ENTRY_ID_WINDOW_MS ? 'entry_id_expired' : undefined;
}

const SLICE_MS = 10 * 60_000;

/**
 * The entry ids with an outcome, as far back as the window reaches. An id that was forgotten is refused as expired, so
 * none has two outcomes. Kept in slices by the ids' own time: forgetting drops whole slices, once per slice of time.
 */
export class RecentEntryIds {
  readonly #slices = new Map<number, Set<string>>();
  #forgottenAt = 0;

  has(entryId: string): boolean {
    return this.#slices.get(sliceOf(entryId))?.has(entryId) ?? false;
  }

  add(entryId: string): void {
    const slice = sliceOf(entryId);
    const ids = this.#slices.get(slice);
    if (ids === undefined) this.#slices.set(slice, new Set([entryId]));
    else ids.add(entryId);
  }

  /** Drops the slices that lie wholly before the window. */
  forgetBefore(clockMs: number): void {
    const now = Math.floor(clockMs / SLICE_MS);
    if (now === this.#forgottenAt) return;
    this.#forgottenAt = now;
    for (const slice of this.#slices.keys()) {
      if ((slice + 1) * SLICE_MS <= clockMs - ENTRY_ID_WINDOW_MS) this.#slices.delete(slice);
    }
  }

  get size(): number {
    let size = 0;
    for (const ids of this.#slices.values()) size += ids.size;
    return size;
  }
}

function sliceOf(entryId: string): number {
  return Math.floor((entryIdTimeMs(entryId) ?? 0) / SLICE_MS);
}
