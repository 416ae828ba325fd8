import type { LedgerWriter, See } from '@florin/books';
import { idOf, type PostEntry } from '@florin/ledger';
import { isDeepStrictEqual } from 'node:util';
import { balancesOf, type Asked, type Outcome } from './outcomes.js';

interface Deps {
  readonly writer: Pick<LedgerWriter, 'decide' | 'decideEach' | 'decideAll'>;
  /** Finds what became of something that was asked for too long ago to be remembered here. */
  readonly recorded: (asked: Asked) => Promise<Outcome>;
}

interface Remembered {
  readonly asked: Asked;
  readonly outcome: Exclude<Outcome, { kind: 'conflict' }>;
}

const conflict = { kind: 'conflict' } as const;

/** The newest outcomes of each book, so many to twice as many: callers ask again within seconds, and the log has the rest. */
const remembered = 25_000;

/**
 * Takes what platform callers ask of one book, and gives the same answer whenever the same is asked again: at first from
 * memory, later from the log.
 */
export class Desk {
  #newer = new Map<string, Remembered>();
  #older = new Map<string, Remembered>();

  constructor(private readonly deps: Deps) {}

  /** Nothing that is remembered is certain any more: the writer dropped the book it was decided on. */
  forget(): void {
    this.#newer.clear();
    this.#older.clear();
  }

  /** Resolves when it is durable. Rejects as the writer does, and where the log or the read models cannot be asked. */
  async ask(asked: Asked): Promise<Outcome> {
    return (await this.deps.writer.decide(asked, this.#see)) ?? this.deps.recorded(asked);
  }

  /** Each for itself, in order. */
  async askEach(asked: readonly Asked[]): Promise<Outcome[]> {
    const outcomes = await this.deps.writer.decideEach(asked, this.#see);
    return this.#completed(outcomes, asked);
  }

  /**
   * All or nothing. Where `taken` is false nothing was done now, and each outcome says why not: what became of it before, or
   * what would have become of it; `undefined` for what could have been done.
   */
  async askAll(
    asked: readonly PostEntry[],
  ): Promise<{ taken: true; outcomes: Outcome[] } | { taken: false; outcomes: (Outcome | undefined)[] }> {
    const all = await this.deps.writer.decideAll(asked, this.#see);
    if (all.taken) {
      const outcomes = await this.#completed(all.seen, asked);
      const taken = outcomes.every(({ kind }) => kind === 'done');
      return { taken, outcomes };
    }
    const outcomes: (Outcome | undefined)[] = [];
    const isNew = new Set<string>();
    for (const [n, decision] of all.decisions.entries()) {
      const one = asked[n] as PostEntry;
      if (decision.outcome === 'repeated') {
        // Repeated within the batch alone, an id has no outcome that could be told.
        const before = isNew.has(one.entryId) ? conflict : this.#again(one);
        outcomes.push(before ?? (await this.deps.recorded(one)));
        continue;
      }
      isNew.add(one.entryId);
      const { outcome } = decision;
      outcomes.push(
        outcome === 'accepted' ? undefined : { kind: 'refused', code: decision.code, again: false },
      );
    }
    return { taken: false, outcomes };
  }

  async #completed(outcomes: readonly (Outcome | undefined)[], asked: readonly Asked[]): Promise<Outcome[]> {
    const complete: Outcome[] = [];
    for (const [n, outcome] of outcomes.entries()) {
      complete.push(outcome ?? (await this.deps.recorded(asked[n] as Asked)));
    }
    return complete;
  }

  /** `undefined` for what has an outcome that is not remembered. */
  readonly #see: See<Outcome | undefined> = (decision, state, command) => {
    const asked = command as Asked;
    switch (decision.outcome) {
      case 'accepted': {
        const { revision } = state;
        return this.#remember(asked, {
          ...{ kind: 'done', revision, balances: balancesOf(asked, state), again: false },
        });
      }
      case 'refused':
        return this.#remember(asked, { kind: 'refused', code: decision.code, again: false });
      case 'unacceptable':
        return { kind: 'refused', code: decision.code, again: false };
      case 'repeated':
        return this.#again(asked);
    }
  };

  #remember(asked: Asked, outcome: Remembered['outcome']): Outcome {
    if (this.#newer.size >= remembered) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(idOf(asked), { asked, outcome });
    return outcome;
  }

  #again(asked: Asked): Outcome | undefined {
    const id = idOf(asked);
    const known = this.#newer.get(id) ?? this.#older.get(id);
    if (known === undefined) return undefined;
    return isDeepStrictEqual(known.asked, asked) ? { ...known.outcome, again: true } : conflict;
  }
}
