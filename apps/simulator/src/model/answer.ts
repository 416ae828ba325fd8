import { supplyOf, type Book, type Fact } from './book.js';
import { idOf, type Command, type ExpireHolds, type OnceOnly, type OpenAccount } from './commands.js';
import { entryRefusal, isAmount } from './entries.js';
import {
  accountRefusal,
  assetRefusal,
  extensionRefusal,
  holdRefusal,
  monthRefusal,
  releaseRefusal,
  totalsUntil,
} from './rules.js';

/** What a book answers to a command, and what it then records. */
export interface Answer {
  readonly outcome: 'accepted' | 'refused' | 'repeated' | 'unacceptable';
  readonly code?: string;
  readonly facts: readonly Fact[];
  /** Where the book may as well say this: an id is remembered for seven days, and may be for a little longer. */
  readonly or?: 'entry_id_expired';
  /** Where it may choose: that many of these holds end. */
  readonly choice?: readonly string[];
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * Answers a command that comes at `nowMs`. `original` is the fact at the revision that a reversal names, where the log had one
 * when it was looked up. Time does not go back: a command that comes before the last fact counts as coming with it.
 */
export function answer(book: Book, command: Command, nowMs: number, original?: Fact): Answer {
  const at = nowMs > book.clock ? nowMs : book.clock;
  if (command.type === 'OpenAccount') return open(book, command, at);
  if (command.type === 'ExpireHolds') return expire(book, command, at);

  // An id has one outcome, whatever else comes under it.
  const id = idOf(command);
  const age = at - timeOf(id);
  if (book.outcomes.has(id))
    return { ...nothing('repeated'), ...(age > 7 * DAY && { or: 'entry_id_expired' }) };
  if (!UUID_V7.test(id) || age < -5 * MINUTE) return nothing('unacceptable', 'entry_id_invalid');
  if (age > 7 * DAY) return nothing('unacceptable', 'entry_id_expired');

  const kind = kindOf(command);
  const { reference } = command;
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(kind) || !/^[!-~]{0,64}$/.test(reference)) {
    return nothing('unacceptable', 'command_invalid');
  }
  const code = refusalOf(book, command, at, original);
  if (code !== undefined) {
    const refusal = { entryId: id, kind, code, reference, recordedAt: at };
    return { outcome: 'refused', code, facts: begun(book, { type: 'EntryRejected', data: refusal }) };
  }
  return { outcome: 'accepted', facts: begun(book, ...factsOf(book, command, at, original)) };
}

/** When a UUIDv7 was made: its first 48 bits are ms since the epoch. */
function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function open(book: Book, command: OpenAccount, recordedAt: number): Answer {
  const { account: id, owner, class: accountClass, chart, floor, testMoney } = command;
  const currency = command.currency ?? book.currency;
  const known = book.accounts.get(id);
  if (known !== undefined) {
    const same =
      known.owner === owner &&
      known.class === accountClass &&
      known.chart === chart &&
      known.currency === currency &&
      known.floor === floor &&
      known.testMoney === testMoney;
    return same ? nothing('repeated') : nothing('unacceptable', 'account_conflict');
  }
  const code = termsRefusal(book, command, currency);
  if (code !== undefined) return nothing('unacceptable', code);
  const data = {
    id,
    owner,
    class: accountClass,
    chart,
    currency,
    floor: floor === null ? null : Number(floor),
  };
  const fact = { type: 'AccountOpened', data: { ...data, testMoney, recordedAt } };
  return { outcome: 'accepted', facts: begun(book, fact) };
}

function termsRefusal(book: Book, command: OpenAccount, currency: string): string | undefined {
  const { account: id, owner, chart, floor } = command;
  const right =
    /^[a-z]+:[a-z0-9-]{1,64}$/.test(id) &&
    (owner === null || /^[A-Za-z0-9-]{1,64}$/.test(owner)) &&
    /^[0-9]{4}$/.test(chart) &&
    /^[A-Z][A-Z0-9]{2,11}$/.test(currency) &&
    (floor === null || (floor <= 0n && isAmount(floor)));
  if (!right) return 'command_invalid';
  if (currency === book.currency) return undefined;
  if (!book.assets.has(currency)) return 'asset_unknown';
  // Units of an asset are owed to who has them, and nobody has less than none.
  return command.class === 'liability' && floor === 0n ? undefined : 'command_invalid';
}

function expire(book: Book, { limit }: ExpireHolds, recordedAt: number): Answer {
  const due = [...book.holds.values()].filter((hold) => hold.open && hold.expiresAt <= recordedAt);
  const ended = due
    .slice(0, limit)
    .map(({ id }) => ({ type: 'HoldExpired', data: { holdId: id, recordedAt } }));
  if (ended.length === 0) return nothing('repeated');
  return { outcome: 'accepted', facts: ended, choice: due.map(({ id }) => id) };
}

/** Why a book refuses a command, or `undefined`. */
function refusalOf(
  book: Book,
  command: OnceOnly,
  at: number,
  original: Fact | undefined,
): string | undefined {
  switch (command.type) {
    case 'PostEntry':
      return entryRefusal(book, command, at);
    case 'ReverseEntry':
      return reversalRefusal(book, command, at, original);
    case 'PlaceHold':
      return holdRefusal(book, command, at);
    case 'ExtendHold':
      return extensionRefusal(book, command, at);
    case 'ReleaseHold':
      return releaseRefusal(book, command);
    case 'FreezeAccount':
    case 'UnfreezeAccount':
    case 'CloseAccount':
      return accountRefusal(book, command);
    case 'ClosePeriod':
      return monthRefusal(book, command, at);
    case 'DefineAsset':
      return assetRefusal(book, command);
  }
}

/** An entry is reversed once, and a reversal never; the mirror is an entry like any other. */
function reversalRefusal(
  book: Book,
  command: OnceOnly & { type: 'ReverseEntry' },
  at: number,
  original: Fact | undefined,
): string | undefined {
  const { entryId, revision } = command.reverses;
  if (original?.type !== 'EntryPosted' || original.data['entryId'] !== entryId) return 'entry_unknown';
  if (original.data['reverses'] !== undefined) return 'entry_reversed';
  return entryRefusal(book, mirrorOf(command, original), at, { entryId, revision: Number(revision) });
}

function mirrorOf(
  command: OnceOnly & { type: 'ReverseEntry' },
  original: Fact,
): OnceOnly & { type: 'PostEntry' } {
  const { entryId, reference, effectiveAt } = command;
  const { currency, postings } = original.data as unknown as {
    currency: string;
    postings: readonly { account: string; amount: number }[];
  };
  return {
    ...{ type: 'PostEntry', entryId, kind: 'reversal', currency, reference },
    postings: postings.map(({ account, amount }) => ({ account, amount: BigInt(-amount) })),
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
  };
}

/** What is recorded of a command that is accepted. */
function factsOf(book: Book, command: OnceOnly, recordedAt: number, original: Fact | undefined): Fact[] {
  switch (command.type) {
    case 'PostEntry':
      return [entryFact(command, recordedAt)];
    case 'ReverseEntry': {
      const { entryId, revision } = command.reverses;
      const { type, data } = entryFact(mirrorOf(command, original as Fact), recordedAt);
      return [{ type, data: { ...data, reverses: { entryId, revision: Number(revision) } } }];
    }
    case 'ClosePeriod': {
      const { type: _, ...asked } = command;
      const sums = totalsUntil(book, command.until);
      const totals = sums.totals.map((total) => ({
        ...{ ...total, debits: Number(total.debits), credits: Number(total.credits) },
      }));
      const { entries } = sums;
      return [{ type: 'PeriodClosed', data: { ...asked, from: book.openFrom, entries, totals, recordedAt } }];
    }
    case 'DefineAsset': {
      const { type: _, backing, ...asked } = command;
      const { code, issuer } = command;
      const defined = { type: 'AssetDefined', data: { ...asked, backing: Number(backing), recordedAt } };
      const supply = { id: supplyOf(code), owner: issuer, class: 'asset', chart: '1800', currency: code };
      return [
        defined,
        { type: 'AccountOpened', data: { ...supply, floor: 0, testMoney: false, recordedAt } },
      ];
    }
    case 'PlaceHold': {
      const { type: _, amount, ...asked } = command;
      return [{ type: 'HoldPlaced', data: { ...asked, amount: Number(amount), recordedAt } }];
    }
    default: {
      const { type, ...asked } = command;
      return [{ type: pastOf[type], data: { ...asked, recordedAt } }];
    }
  }
}

const pastOf = {
  ExtendHold: 'HoldExtended',
  ReleaseHold: 'HoldReleased',
  FreezeAccount: 'AccountFrozen',
  UnfreezeAccount: 'AccountUnfrozen',
  CloseAccount: 'AccountClosed',
} as const;

function entryFact(command: OnceOnly & { type: 'PostEntry' }, recordedAt: number): Fact {
  const { type: _, effectiveAt = recordedAt, postings, ...asked } = command;
  const written = postings.map(({ account, amount }) => ({ account, amount: Number(amount) }));
  return { type: 'EntryPosted', data: { ...asked, postings: written, effectiveAt, recordedAt } };
}

/** A book begins with its name. */
function begun(book: Book, ...facts: Fact[]): Fact[] {
  if (book.facts.length > 0) return facts;
  const { ledger, currency } = book;
  const recordedAt = facts[0]?.data.recordedAt ?? 0;
  return [{ type: 'LedgerCreated', data: { ledger, currency, recordedAt } }, ...facts];
}

/** What a refusal says that was asked for. */
function kindOf(command: OnceOnly): string {
  if (command.type === 'PostEntry' || command.type === 'PlaceHold') return command.kind;
  return kinds[command.type];
}

const kinds = {
  ReverseEntry: 'reversal',
  ExtendHold: 'hold-extension',
  ReleaseHold: 'hold-release',
  FreezeAccount: 'freeze',
  UnfreezeAccount: 'unfreeze',
  CloseAccount: 'account-close',
  ClosePeriod: 'period-close',
  DefineAsset: 'asset',
} as const;

function nothing(outcome: 'repeated' | 'unacceptable', code?: string): Answer {
  return { outcome, ...(code === undefined ? {} : { code }), facts: [] };
}

/**
 * Answers entries that come all or nothing: they are tried on a book of its own. They are taken where all are accepted, or all
 * have their outcome already; else nothing of them is recorded.
 */
export function answerAll(
  book: Book,
  commands: readonly Command[],
  nowMs: number,
): { readonly taken: boolean; readonly answers: readonly Answer[] } {
  const trial = book.copy();
  const answers = commands.map((command) => {
    const one = answer(trial, command, nowMs);
    for (const fact of one.facts) trial.record(fact);
    return one;
  });
  const taken = ['accepted', 'repeated'].some((outcome) => answers.every((one) => one.outcome === outcome));
  return { taken, answers: taken ? answers : answers.map((one) => ({ ...one, facts: [] })) };
}
