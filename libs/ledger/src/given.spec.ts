import { createHash } from 'node:crypto';
import { createSealer, GENESIS, type StoredForm } from './chain.js';
import type { LedgerCommand, OpenAccount, PostEntry } from './commands.js';
import { decide, type Decision } from './decide.js';
import { buildEntry, isRejection, type EntryDraft } from './entry.js';
import type { EntryPosted, LedgerEvent } from './events.js';
import { evolve } from './evolve.js';
import { createReplay, type Replay, type ReplayOptions } from './replay.js';
import type { StoredRecord } from './stored.js';
import { emptyLedger, type LedgerState } from './state.js';

/** What the specs of this library share; holds no test itself. */

export const NOW = Date.UTC(2026, 10, 2, 12);

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A UUIDv7 made at `timeMs`; `n` tells ids of the same time apart. */
export function entryIdAt(timeMs: number, n = 0): string {
  const time = timeMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** Given what happened before, when a command comes, then exactly this decision. */
export function given(...history: LedgerEvent[]): { when: (command: LedgerCommand, nowMs?: number) => Then } {
  return {
    when: (command, nowMs = NOW) => ({
      then: (decision) => expect(decide(bookOf(history), command, nowMs)).toStrictEqual(decision),
    }),
  };
}

interface Then {
  then: (decision: Decision) => void;
}

export function bookOf(history: readonly LedgerEvent[]): LedgerState {
  return history.reduce(evolve, emptyLedger('it-eur', 'EUR'));
}

export const anna = wallet('anna');
export const bruno = wallet('bruno');
export const testMoney: OpenAccount = {
  type: 'OpenAccount',
  account: 'source:test-money',
  owner: null,
  class: 'asset',
  chart: '1900',
  floor: null,
  testMoney: true,
};

export function wallet(owner: string): OpenAccount {
  const account = `wallet:${owner}`;
  return {
    type: 'OpenAccount',
    account,
    owner,
    class: 'liability',
    chart: '2010',
    floor: 0n,
    testMoney: false,
  };
}

export const created: LedgerEvent = {
  type: 'LedgerCreated',
  ledger: 'it-eur',
  currency: 'EUR',
  recordedAt: NOW,
};

export function opened({ account, ...rest }: OpenAccount, recordedAt = NOW): LedgerEvent {
  return { ...rest, type: 'AccountOpened', id: account, currency: 'EUR', recordedAt };
}

/** An entry of `amount` minor units out of one account, into another. */
export function transfer(from: OpenAccount, to: OpenAccount, amount: bigint, n = 0): PostEntry {
  return {
    type: 'PostEntry',
    entryId: entryIdAt(NOW, n),
    kind: 'p2p',
    currency: 'EUR',
    postings: [
      { account: from.account, amount: from.class === 'asset' ? -amount : amount },
      { account: to.account, amount: -amount },
    ],
    reference: `payment-${n}`,
  };
}

/** Test money into a wallet. */
export function funding(to: OpenAccount, amount: bigint, n = 0): PostEntry {
  const postings = [
    { account: testMoney.account, amount },
    { account: to.account, amount: -amount },
  ];
  return { ...transfer(testMoney, to, amount, n), kind: 'test-funding', postings };
}

export function posted(draft: EntryDraft, recordedAt = NOW, effectiveAt = recordedAt): EntryPosted {
  const entry = buildEntry(draft);
  if (isRejection(entry)) throw new Error(entry.detail);
  return { type: 'EntryPosted', ...entry, effectiveAt, recordedAt };
}

/** Plays commands, one per `stepMs`, and gives all that an event store would hold after them. */
export function play(
  commands: readonly LedgerCommand[],
  stepMs = 1,
): { state: LedgerState; events: LedgerEvent[] } {
  let state = emptyLedger('it-eur', 'EUR');
  const events: LedgerEvent[] = [];
  commands.forEach((command, i) => {
    const original = command.type === 'ReverseEntry' ? events[Number(command.reverses.revision)] : undefined;
    const decision = decide(state, command, NOW + i * stepMs, original);
    events.push(...decision.events);
    state = decision.events.reduce(evolve, state);
  });
  return { state, events };
}

/** The events as an event store gives them back: sealed, through JSON, with revisions. */
export function stored(events: readonly LedgerEvent[]): StoredRecord[] {
  const sealer = createSealer('it-eur', sha256, GENESIS);
  return renumbered(events.map((event) => JSON.parse(JSON.stringify(sealer.seal(event))) as StoredForm));
}

/** Records as if they had been appended in this order. */
export function renumbered(records: readonly Omit<StoredRecord, 'revision'>[]): StoredRecord[] {
  return records.map((record, i) => ({ ...record, revision: BigInt(i) }));
}

/** Replays a history into a book of its own. */
export function replayed(records: readonly StoredRecord[], options: ReplayOptions = {}): Replay {
  const replay = createReplay('it-eur', sha256, options);
  for (const record of records) replay.accept(record);
  return replay;
}
