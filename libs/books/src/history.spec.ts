import { ledgerStream } from '@florin/contracts';
import { sha256, type EventStore } from '@florin/event-store';
import {
  createSealer,
  decide,
  emptyLedger,
  evolve,
  GENESIS,
  type ChainHead,
  type LedgerCommand,
  type LedgerEvent,
  type LedgerState,
} from '@florin/ledger';

/** Histories that specs of this library share; holds no test itself. */

export const START = Date.UTC(2026, 10, 2, 12);

/** A UUIDv7 made at `timeMs`; `n` tells ids of the same time apart. */
export function idAt(timeMs: number, n: number): string {
  const time = timeMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** A book that is written to a store as the wallet does it. */
export class BookWriter {
  state: LedgerState = emptyLedger('it-eur', 'EUR');
  readonly #sealer = createSealer('it-eur', sha256, GENESIS);

  constructor(
    private readonly store: Pick<EventStore, 'append'>,
    private readonly onEvent: (event: LedgerEvent, state: LedgerState, head: ChainHead) => Promise<void>,
  ) {}

  get head(): ChainHead {
    return this.#sealer.head;
  }

  async do(command: LedgerCommand, nowMs: number): Promise<void> {
    for (const event of decide(this.state, command, nowMs).events) {
      const before = this.state.revision < 0n ? 'no_stream' : this.state.revision;
      await this.store.append(ledgerStream('it-eur'), [this.#sealer.seal(event)], before);
      this.state = evolve(this.state, event);
      await this.onEvent(event, this.state, this.#sealer.head);
    }
  }
}

/** Commands of every kind, drawn from `seed`; the same seed gives the same. Some are refused. */
export function* story(seed: number, length: number): Generator<readonly [LedgerCommand, number]> {
  const draw = lottery(seed);
  const names = Array.from({ length: 12 }, (_, i) => `wallet:person-${i}`);
  const some = () => names[draw(names.length)] as string;
  let now = START;
  yield [account('source:test-money', 'asset', null), now];
  for (const name of names.slice(0, 6)) yield [account(name, 'liability', 0n), now];
  const holds: string[] = [];
  for (let n = 1; n <= length; n += 1) {
    now += draw(10) === 0 ? 3_600_000 * draw(12) : draw(1_000);
    const id = idAt(now, n);
    const asked = { commandId: id, reference: `case-${n}` };
    const holdId = holds[draw(holds.length + 1)] ?? id;
    const entry = { entryId: id, currency: 'EUR', reference: `payment-${n}` };
    const amount = BigInt(1 + draw(500));
    const postings = [
      { account: draw(3) === 0 ? 'source:test-money' : some(), amount },
      { account: some(), amount: -amount },
    ];
    const kinds: LedgerCommand[] = [
      { type: 'PostEntry', ...entry, kind: 'p2p', postings },
      { type: 'PostEntry', ...entry, kind: 'p2p', postings },
      { type: 'PostEntry', ...entry, kind: 'p2p', postings, effectiveAt: now - draw(7_200_000) },
      { type: 'PostEntry', ...entry, kind: 'order', postings, capture: { holdId, final: draw(2) === 0 } },
      {
        ...{ type: 'PlaceHold', holdId: id, account: some(), currency: 'EUR', amount },
        ...{ expiresAt: now + 1 + draw(7_200_000), kind: 'order', reference: `order-${n}` },
      },
      { type: 'ExtendHold', ...asked, holdId, expiresAt: now + draw(14_400_000) },
      { type: 'ReleaseHold', ...asked, holdId },
      { type: 'ExpireHolds', limit: 3 },
      { type: 'FreezeAccount', ...asked, account: some(), frozen: 'out' },
      { type: 'UnfreezeAccount', ...asked, account: some() },
      { type: 'CloseAccount', ...asked, account: some() },
      account(some(), 'liability', 0n),
    ];
    const command = kinds[draw(kinds.length)] as LedgerCommand;
    if (command.type === 'PlaceHold') holds.push(id);
    yield [command, now];
  }
}

function account(id: string, accountClass: 'asset' | 'liability', floor: bigint | null): LedgerCommand {
  const owner = accountClass === 'liability' ? id.slice('wallet:'.length) : null;
  const common = { chart: accountClass === 'asset' ? '1900' : '2010', testMoney: accountClass === 'asset' };
  return { type: 'OpenAccount', account: id, owner, class: accountClass, floor, ...common };
}

/** Whole numbers below a limit, drawn by a linear congruential generator. */
function lottery(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
