import { jest } from '@jest/globals';
import type { EventStore } from '@florin/event-store';
import * as ledger from '@florin/ledger';
import type { AccountState, Hold, LedgerEvent, LedgerState } from '@florin/ledger';
import { commandsIn } from './history/steps.js';
import type { LedgerWriterOptions } from './run/product.js';

/**
 * The product with one fault each: the simulator must find it, and show it in a few steps. A fault takes the place of what the
 * product imports, and changes what goes in or what comes out.
 */
interface Fault {
  readonly decide?: typeof ledger.decide;
  readonly evolve?: typeof ledger.evolve;
  readonly restoreBook?: typeof ledger.restoreBook;
  readonly createReplay?: typeof ledger.createReplay;
  readonly append?: (store: Pick<EventStore, 'append'>) => EventStore['append'];
}
let fault: Fault = {};

jest.unstable_mockModule('@florin/ledger', () => ({
  ...ledger,
  decide: (...args: Parameters<typeof ledger.decide>) => (fault.decide ?? ledger.decide)(...args),
  evolve: (...args: Parameters<typeof ledger.evolve>) => (fault.evolve ?? ledger.evolve)(...args),
  restoreBook: (...args: Parameters<typeof ledger.restoreBook>) =>
    (fault.restoreBook ?? ledger.restoreBook)(...args),
  createReplay: (...args: Parameters<typeof ledger.createReplay>) =>
    (fault.createReplay ?? ledger.createReplay)(...args),
}));
const product = await import('./run/product.js');
jest.unstable_mockModule('./run/product.js', () => ({
  ...product,
  LedgerWriter: class extends product.LedgerWriter {
    constructor(options: LedgerWriterOptions) {
      const { store } = options;
      const append = fault.append?.(store) ?? store.append.bind(store);
      super({ ...options, store: { append, read: store.read.bind(store) } });
    }
  },
}));
const { runSeed } = await import('./run/run.js');
const { shrink } = await import('./run/shrink.js');

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Decides on a book that is not quite the one that it should be. */
const decidesOn = (change: (state: LedgerState) => Partial<LedgerState>): Fault => ({
  decide: (state, ...rest) => ledger.decide({ ...state, ...change(state) }, ...rest),
});
const accountsAs = (change: Partial<AccountState> | ((one: AccountState) => Partial<AccountState>)): Fault =>
  decidesOn(({ accounts }) => ({
    accounts: new Map(
      [...accounts].map(([id, one]) => [
        id,
        { ...one, ...(typeof change === 'function' ? change(one) : change) },
      ]),
    ),
  }));
const holdsAs = (change: (hold: Hold) => Partial<Hold>): Fault =>
  decidesOn(({ holds }) => ({
    holds: new Map([...holds].map(([id, hold]) => [id, { ...hold, ...change(hold) }])),
  }));

/** Does something more, or less, after an event; `before` is the hold that it names. */
const evolvesWith = (
  more: (state: LedgerState, event: LedgerEvent, before: Hold | undefined) => void,
): Fault => ({
  evolve: (state, event) => {
    const holdId = 'capture' in event ? event.capture?.holdId : 'holdId' in event ? event.holdId : undefined;
    const before = state.holds.get(holdId ?? '');
    const after = ledger.evolve(state, event);
    more(after, event, before);
    return after;
  },
});
const accountIn = (state: LedgerState, id: string): Writable<AccountState> =>
  state.accounts.get(id) as Writable<AccountState>;
const putBack = (state: LedgerState, hold: Hold | undefined): void => {
  if (hold === undefined) return;
  const left = state.holds.get(hold.id)?.amount ?? 0n;
  (state.holds as Map<string, Hold>).set(hold.id, hold);
  accountIn(state, hold.account).held += hold.amount - left;
};

/** A book that was replayed, without the amounts of its last entry. */
const losesLastEntry: Fault = {
  createReplay: (book, sha256, options = {}) => {
    let last: LedgerEvent | undefined;
    const onEvent: typeof options.onEvent = (event, ...rest) => {
      if (event.type === 'EntryPosted') last = event;
      options.onEvent?.(event, ...rest);
    };
    const replay = ledger.createReplay(book, sha256, { ...options, onEvent });
    return {
      ...{ accept: replay.accept, checkReversals: replay.checkReversals },
      get finding() {
        return replay.finding;
      },
      get head() {
        return replay.head;
      },
      get state() {
        const { state } = replay;
        if (last?.type === 'EntryPosted') {
          for (const { account, amount } of last.postings) accountIn(state, account).debitBalance -= amount;
        }
        last = undefined;
        return state;
      },
    };
  },
};

const DAY = 24 * 3_600_000;
const young = (state: LedgerState) => ({
  entryIds: {
    ...{ size: 0, packed: () => new Uint32Array() },
    has: (id: string) => state.entryIds.has(id) && (ledger.entryIdTimeMs(id) ?? 0) > state.recordedAt - DAY,
  },
});

const faults: readonly (readonly [string, Fault])[] = [
  ['skips the floors', accountsAs(({ account }) => ({ account: { ...account, floor: null } }))],
  ['spends what is on hold', accountsAs({ held: 0n })],
  ['moves money of frozen accounts', accountsAs({ frozen: null })],
  ['moves money of closed accounts', accountsAs({ closed: false })],
  [
    'closes accounts that are not empty',
    {
      decide: (state, command, ...rest) =>
        command.type === 'CloseAccount'
          ? (accountsAs({ debitBalance: 0n, held: 0n }).decide as typeof ledger.decide)(
              state,
              command,
              ...rest,
            )
          : ledger.decide(state, command, ...rest),
    },
  ],
  [
    'forgets all ids',
    decidesOn(() => ({ entryIds: { size: 0, packed: () => new Uint32Array(), has: () => false } })),
  ],
  ['forgets ids after a day', decidesOn(young)],
  ['reverses an entry twice', decidesOn(() => ({ reversed: new Set() }))],
  ['takes entries into closed months', decidesOn(() => ({ openFrom: 0 }))],
  ['lets time go back', decidesOn(() => ({ recordedAt: 0 }))],
  ['issues more than the reserve covers', decidesOn(() => ({ backings: new Map() }))],
  ['captures holds whose time is over', holdsAs(({ expiresAt }) => ({ expiresAt: expiresAt + DAY }))],
  ['captures more than is on hold', holdsAs(({ amount }) => ({ amount: amount + 1n }))],
  ['ends holds too early', holdsAs(({ expiresAt }) => ({ expiresAt: expiresAt - 60_000 }))],
  [
    'leaves a hold as it was when a part is captured',
    evolvesWith((state, event, before) => {
      if (event.type === 'EntryPosted' && event.capture?.final === false) putBack(state, before);
    }),
  ],
  [
    'keeps a hold that was released',
    evolvesWith((state, event, before) => {
      if (event.type === 'HoldReleased') putBack(state, before);
    }),
  ],
  [
    'forgets that an account is frozen',
    evolvesWith((state, event) => {
      if (event.type === 'AccountFrozen') accountIn(state, event.account).frozen = null;
    }),
  ],
  [
    'books a posting twice',
    evolvesWith((state, event) => {
      const posting = event.type === 'EntryPosted' ? event.postings[1] : undefined;
      if (posting !== undefined) accountIn(state, posting.account).debitBalance += posting.amount;
    }),
  ],
  ['loses an entry on a restart', losesLastEntry],
  ['has snapshots without ids', { restoreBook: (summary, rows) => ledger.restoreBook(summary, rows, []) }],
  [
    'has snapshots that thaw accounts',
    {
      restoreBook: (summary, rows, ids) =>
        ledger.restoreBook(
          summary,
          [...rows].map((row) => ({ ...row, frozen: null })),
          ids,
        ),
    },
  ],
  [
    'has snapshots without holds',
    {
      restoreBook: (summary, rows, ids) =>
        ledger.restoreBook(
          summary,
          [...rows].map((row) => ({ ...row, holds: [] })),
          ids,
        ),
    },
  ],
  [
    'has snapshots that forget reversals',
    {
      restoreBook: (summary, ...rest) => ledger.restoreBook({ ...summary, reversed: [] }, ...rest),
    },
  ],
  [
    'answers before it has written',
    {
      append:
        (store) =>
        (...args) => {
          store.append(...args).catch(() => undefined);
          return Promise.resolve({ revision: 0n });
        },
    },
  ],
  [
    'writes wherever the log ends',
    {
      append: (store) => (stream, events) => store.append(stream, events, 'any'),
    },
  ],
  [
    'takes a lost append for done',
    {
      append:
        (store) =>
        (...args) =>
          store.append(...args).catch(() => ({ revision: 0n })),
    },
  ],
  [
    'drops the last event of a batch',
    {
      append: (store) => (stream, events, expected) =>
        store.append(stream, events.length > 2 ? events.slice(0, -1) : events, expected),
    },
  ],
];

const SEEDS = 20;
const COMMANDS = 600;
const FEW = 15;

// A quarter of a minute in all on a quiet machine.
jest.setTimeout(300_000);

describe('a ledger that', () => {
  afterEach(() => {
    fault = {};
  });

  it.each(faults)('%s is found out, in a few steps', async (_what, planted) => {
    fault = planted;
    let outcome = await runSeed(1, COMMANDS);
    for (let seed = 2; outcome.divergence === undefined && seed <= SEEDS; seed += 1) {
      outcome = await runSeed(seed, COMMANDS);
    }
    expect(outcome.divergence).toBeDefined();
    const { history, divergence } = await shrink(outcome);
    expect(divergence).toBeDefined();
    expect(history.steps.length).toBeLessThanOrEqual(FEW);
    expect(commandsIn(history.steps)).toBeLessThanOrEqual(FEW);
  });
});
