import fc from 'fast-check';
import type { LedgerCommand } from './commands.js';
import { decide } from './decide.js';
import { evolve } from './evolve.js';
import { entryIdAt, NOW, play, renumbered, replayed, stored, testMoney, wallet } from './given.spec.js';
import { MAX_AMOUNT } from './money.js';
import type { StoredRecord } from './stored.js';
import { bookText } from './snapshot.js';
import { balanceOf } from './state.js';
import { trialBalance } from './trial-balance.js';

const opening = [testMoney, wallet('anna'), wallet('bruno'), wallet('carla')];
const names = [...opening.map(({ account }) => account), 'wallet:nobody'];

const amount = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt(-500n, 500n) },
  { weight: 1, arbitrary: fc.constantFrom(MAX_AMOUNT, -MAX_AMOUNT, MAX_AMOUNT + 1n, MAX_AMOUNT / 2n) },
);

/** Two to four postings that sum to zero unless `slip` says otherwise. */
const postings = fc
  .record({
    accounts: fc.shuffledSubarray(names, { minLength: 2, maxLength: 4 }),
    amounts: fc.array(amount, { minLength: 4, maxLength: 4 }),
    slip: fc.constantFrom(0n, 0n, 0n, 0n, 0n, 1n),
  })
  .map(({ accounts, amounts, slip }) => {
    const [first = '', ...others] = accounts;
    const legs = others.map((account, i) => ({ account, amount: amounts[i] ?? 1n }));
    const sum = legs.reduce((total, leg) => total + leg.amount, 0n);
    return [{ account: first, amount: slip - sum }, ...legs];
  });

const postEntry: fc.Arbitrary<LedgerCommand> = fc
  .record({
    postings,
    n: fc.nat(12),
    ageMs: fc.constantFrom(0, 0, 0, 0, -3_600_000, 86_400_000 * 8),
    currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'BRL'),
  })
  .map(({ n, ageMs, ...rest }) => ({
    type: 'PostEntry',
    entryId: entryIdAt(NOW - ageMs, n),
    kind: 'p2p',
    reference: `payment-${n}`,
    ...rest,
  }));

/** Sends test money into a wallet, so that there is something to lose. */
const fund: fc.Arbitrary<LedgerCommand> = fc
  .record({
    to: fc.constantFrom(...names.slice(1)),
    cents: fc.bigInt(1n, 1_000n),
    n: fc.integer({ min: 100, max: 200 }),
  })
  .map(({ to, cents, n }) => ({
    type: 'PostEntry',
    entryId: entryIdAt(NOW, n),
    kind: 'test-funding',
    currency: 'EUR',
    postings: [
      { account: testMoney.account, amount: cents },
      { account: to, amount: -cents },
    ],
    reference: '',
  }));

const asked = fc.integer({ min: 300, max: 380 }).map((n) => ({
  commandId: entryIdAt(NOW, n),
  reference: `case-${n}`,
}));
const holdId = fc.integer({ min: 400, max: 406 }).map((n) => entryIdAt(NOW, n));
const account = fc.constantFrom(...names.slice(1));
const expiresAt = fc.constantFrom(NOW + 5, NOW + 20, NOW + 60_000, NOW);

/** Everything that is no plain entry; `n` of an entry that is reversed or captured comes from a space of its own. */
const others: fc.Arbitrary<LedgerCommand> = fc.oneof(
  fc
    .record({ holdId, account, amount: fc.bigInt(-1n, 400n), expiresAt })
    .map((hold) => ({ type: 'PlaceHold', ...hold, currency: 'EUR', kind: 'order', reference: '' }) as const),
  fc
    .record({ asked, holdId })
    .map(({ asked: by, ...hold }) => ({ type: 'ReleaseHold', ...by, ...hold }) as const),
  fc
    .record({ asked, holdId, expiresAt })
    .map(({ asked: by, ...hold }) => ({ type: 'ExtendHold', ...by, ...hold }) as const),
  fc
    .record({
      from: account,
      to: account,
      cents: fc.bigInt(1n, 300n),
      holdId,
      final: fc.boolean(),
      n: fc.integer({ min: 500, max: 540 }),
    })
    .map(
      ({ from, to, cents, n, ...capture }) =>
        ({
          type: 'PostEntry',
          ...{
            entryId: entryIdAt(NOW, n),
            kind: 'order',
            currency: 'EUR',
            reference: '',
            capture,
          },
          postings: [
            { account: from, amount: cents },
            { account: to, amount: -cents },
          ],
        }) as const,
    ),
  fc
    .record({ asked, account, frozen: fc.constantFrom('in', 'out', 'both') })
    .map(({ asked: by, ...rest }) => ({ type: 'FreezeAccount', ...by, ...rest }) as const),
  fc
    .record({ asked, account })
    .map(({ asked: by, ...rest }) => ({ type: 'UnfreezeAccount', ...by, ...rest }) as const),
  fc
    .record({ asked, account })
    .map(({ asked: by, ...rest }) => ({ type: 'CloseAccount', ...by, ...rest }) as const),
  fc.record({ n: fc.integer({ min: 600, max: 640 }), of: fc.nat(12), revision: fc.bigInt(0n, 30n) }).map(
    ({ n, of, revision }) =>
      ({
        type: 'ReverseEntry',
        ...{ entryId: entryIdAt(NOW, n), reference: '' },
        reverses: { entryId: entryIdAt(NOW, of), revision },
      }) as const,
  ),
  fc.constant({ type: 'ExpireHolds', limit: 2 } as const),
);

const openAccount = fc.constantFrom<LedgerCommand>(...opening, wallet('anna'), {
  ...wallet('anna'),
  floor: -100n,
});

const commands = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: postEntry },
      { weight: 3, arbitrary: fund },
      { weight: 6, arbitrary: others },
      openAccount,
    ),
    {
      maxLength: 40,
    },
  )
  .chain((random) => fc.constantFrom([...opening, ...random], random));

describe('whatever the commands', () => {
  it('the postings of every entry sum to zero, and so does the book', () => {
    fc.assert(
      fc.property(commands, (sent) => {
        const { state, events } = play(sent);
        for (const event of events) {
          if (event.type !== 'EntryPosted') continue;
          expect(event.postings.reduce((sum, posting) => sum + posting.amount, 0n)).toBe(0n);
        }
        expect(trialBalance(state).difference).toBe(0n);
      }),
    );
  });

  it('a replay of what was stored is the live book', () => {
    fc.assert(
      fc.property(commands, (sent) => {
        const { state, events } = play(sent);
        const replay = replayed(stored(events), { currency: 'EUR' });
        expect(replay.finding).toBeUndefined();
        expect(bookText(replay.state)).toBe(bookText(state));
      }),
    );
  });

  it('every prefix of the history is a valid book', () => {
    fc.assert(
      fc.property(commands, (sent) => {
        const records = stored(play(sent).events);
        const replay = replayed([]);
        for (const record of records) {
          expect(replay.accept(record)).toBeUndefined();
          expect(trialBalance(replay.state).difference).toBe(0n);
          expect(replay.head.revision).toBe(record.revision);
        }
      }),
    );
  });

  it('no account is ever under its floor, nor its balance under what is on hold', () => {
    fc.assert(
      fc.property(commands, (sent) => {
        for (let count = 0; count <= sent.length; count += 1) {
          const { state } = play(sent.slice(0, count));
          for (const name of names.slice(1)) {
            const held = [...state.holds.values()]
              .filter((hold) => hold.account === name)
              .reduce((sum, hold) => sum + hold.amount, 0n);
            expect(state.accounts.get(name)?.held ?? 0n).toBe(held);
            expect((balanceOf(state, name) ?? 0n) - held).toBeGreaterThanOrEqual(0n);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('a hold ends once, an entry is reversed once, and nothing moves in a frozen or closed account', () => {
    fc.assert(
      fc.property(commands, (sent) => {
        const ended: string[] = [];
        const reversed: string[] = [];
        const still = new Map<string, string>();
        for (const event of play(sent).events) {
          if (event.type === 'HoldReleased' || event.type === 'HoldExpired') ended.push(event.holdId);
          if (event.type === 'EntryPosted' && event.capture?.final === true) ended.push(event.capture.holdId);
          if (event.type === 'EntryPosted' && event.reverses) reversed.push(event.reverses.entryId);
          if (event.type === 'AccountFrozen') still.set(event.account, event.frozen);
          if (event.type === 'AccountUnfrozen') still.delete(event.account);
          if (event.type === 'AccountClosed') still.set(event.account, 'both');
          if (event.type !== 'EntryPosted') continue;
          for (const { account: moved, amount: debit } of event.postings) {
            // All but the first account are wallets: a debit takes money out.
            const way = moved === testMoney.account ? 'none' : debit > 0n ? 'out' : 'in';
            expect([way, 'both']).not.toContain(still.get(moved));
          }
        }
        expect(new Set(ended).size).toBe(ended.length);
        expect(new Set(reversed).size).toBe(reversed.length);
      }),
    );
  });

  it('a command that comes again, at any time, changes nothing', () => {
    fc.assert(
      fc.property(commands, fc.nat(), (sent, pick) => {
        const { state } = play(sent);
        const before = bookText(state);
        // What is due changes with the time.
        const once = sent.filter((command) => command.type !== 'ExpireHolds');
        const again = once[pick % once.length];
        if (again === undefined) return;
        const first = play([...sent, again]);
        const outcome = decide(first.state, again, NOW + 60_000);
        expect(outcome.events).toStrictEqual([]);
        for (const command of once) {
          const { events } = decide(state, command, NOW + 60_000);
          expect(events).toStrictEqual([]);
          events.reduce(evolve, state);
        }
        expect(bookText(state)).toBe(before);
      }),
    );
  });
});

describe('whatever the history', () => {
  const histories = commands.map((sent) => stored(play(sent).events)).filter((records) => records.length > 1);

  it('any changed field is found at its revision', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.nat(), (records, event, leaf) => {
        const at = event % records.length;
        const tampered = records.map((record, i) => (i === at ? changed(record, leaf) : record));
        expect(replayed(tampered).finding?.revision).toBe(BigInt(at));
      }),
      { numRuns: 300 },
    );
  });

  it('a removed event is found where it is missing', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (records, pick) => {
        const at = pick % (records.length - 1);
        const rest = records.filter((_record, i) => i !== at);
        expect(replayed(rest).finding?.revision).toBe(BigInt(at));
        expect(replayed(renumbered(rest)).finding?.revision).toBe(BigInt(at));
      }),
    );
  });

  it('a swapped pair is found at its first half', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.nat(), (records, a, b) => {
        const [first, second] = [a % records.length, b % records.length].sort((x, y) => x - y) as [
          number,
          number,
        ];
        fc.pre(first !== second);
        const swapped = records.map(
          (record, i) => records[i === first ? second : i === second ? first : i] ?? record,
        );
        expect(replayed(renumbered(swapped)).finding?.revision).toBe(BigInt(first));
      }),
    );
  });
});

/** The record with its `pick`th leaf (id, type, or any value within data and metadata) changed. */
function changed({ revision, ...content }: StoredRecord, pick: number): StoredRecord {
  let leaf = pick % countLeaves(content);
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]));
    }
    leaf -= 1;
    return leaf === -1 ? other(value) : value;
  };
  return { ...(visit(content) as Omit<StoredRecord, 'revision'>), revision };
}

function countLeaves(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, inner: unknown) => sum + countLeaves(inner), 0);
}

function other(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return typeof value === 'string' && value !== ''
    ? value.slice(0, -1) + (value.endsWith('0') ? '1' : '0')
    : 'x';
}
