import { RecentEntryIds } from './entry-id.js';
import { OpenMovements } from './periods.js';
import type { LedgerState } from './state.js';

/**
 * A book to try `PostEntry` on, and `PlaceHold`: `decide` and `evolve` work on it as on the given one, which stays as it is.
 * What is touched is copied, nothing else; so it cannot be listed, and knows the movements of no period.
 */
export function draftOf(state: LedgerState): LedgerState {
  return {
    ...state,
    accounts: new Layer(state.accounts, (holder) => ({ ...holder })),
    holds: new Layer(state.holds, (hold) => hold),
    entryIds: new DraftIds(state.entryIds),
    movements: new OpenMovements(),
  };
}

/** What of a map was looked at or written, above the map itself. */
class Layer<Value> extends Map<string, Value> {
  readonly #deleted = new Set<string>();

  constructor(
    private readonly below: ReadonlyMap<string, Value>,
    private readonly copy: (value: Value) => Value,
  ) {
    super();
  }

  override get(key: string): Value | undefined {
    const own = super.get(key);
    if (own !== undefined || this.#deleted.has(key)) return own;
    const value = this.below.get(key);
    if (value === undefined) return undefined;
    const copied = this.copy(value);
    super.set(key, copied);
    return copied;
  }

  override delete(key: string): boolean {
    this.#deleted.add(key);
    return super.delete(key);
  }
}

class DraftIds extends RecentEntryIds {
  constructor(private readonly below: Pick<RecentEntryIds, 'has'>) {
    super();
  }

  override has(entryId: string): boolean {
    return super.has(entryId) || this.below.has(entryId);
  }
}
