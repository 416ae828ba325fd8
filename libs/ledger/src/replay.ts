import { chainHash, GENESIS, idOfHash, SCHEMA, type ChainHead, type Sha256 } from './chain.js';
import { decodeEvent, fieldsOf } from './codec.js';
import { LedgerCorrupt, type FindingCode } from './corrupt.js';
import { entryIdFault } from './entry-id.js';
import type { AccountOpened, EntryPosted, EntryRejected, LedgerCreated, LedgerEvent } from './events.js';
import { evolve } from './evolve.js';
import { entryFault } from './rules.js';
import { emptyLedger, type LedgerState } from './state.js';

/** An event as an event store gives it back; nothing of it is taken on trust. */
export interface StoredRecord {
  readonly revision: bigint;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** The first thing that is wrong with a history. */
export interface Finding {
  /** The first revision that is not as it was recorded. */
  readonly revision: bigint;
  readonly code: FindingCode;
  /** A sentence that says what is there and what should be. */
  readonly detail: string;
}

export interface Replay {
  /**
   * Checks the next event and takes it in. Returns the first finding, from then on always: nothing after it is read.
   */
  accept(record: StoredRecord): Finding | undefined;
  readonly finding: Finding | undefined;
  /** The book at the last event that was right. */
  readonly state: LedgerState;
  /** Where the chain ends, or where it was last right. */
  readonly head: ChainHead;
}

export interface ReplayOptions {
  /** ISO 4217 code that the book must have; without it, the book says. */
  readonly currency?: string;
  /** Called with every event that is right, after the state has taken it in. */
  readonly onEvent?: (event: LedgerEvent, revision: bigint) => void;
}

/**
 * Rebuilds a book from its stored events and verifies it on the way: revisions without a gap, the hash chain over the
 * canonical form, ids, the balance of every entry, floors, the outcome of each entry id once. A service loads its book
 * through this, an auditor verifies with it.
 */
export function createReplay(ledger: string, sha256: Sha256, options: ReplayOptions = {}): Replay {
  let state = emptyLedger(ledger, options.currency ?? '');
  let head = GENESIS;
  let finding: Finding | undefined;
  const next = (record: StoredRecord): void => {
    const hash = checkChain(ledger, head, record, sha256);
    const event = decodeEvent(record.type, record.data);
    checkEvent(state, event);
    state = evolve(state, event);
    head = { revision: record.revision, hash };
    options.onEvent?.(event, record.revision);
  };
  return {
    accept(record) {
      if (finding !== undefined) return finding;
      try {
        next(record);
      } catch (error) {
        if (!(error instanceof LedgerCorrupt)) throw error;
        finding = { revision: head.revision + 1n, code: error.code, detail: error.message };
      }
      return finding;
    },
    get finding() {
      return finding;
    },
    get state() {
      return state;
    },
    get head() {
      return head;
    },
  };
}

/** Checks all that makes an event the next one of its chain; returns its hash. */
function checkChain(ledger: string, head: ChainHead, record: StoredRecord, sha256: Sha256): string {
  const { revision, id } = record;
  if (revision !== head.revision + 1n) {
    throw new LedgerCorrupt('revision_gap', `revision ${revision} follows revision ${head.revision}`);
  }
  const metadata = metadataOf(record);
  if (metadata['ledger'] !== ledger) {
    throw new LedgerCorrupt(
      'ledger_foreign',
      `the event belongs to ${show(metadata['ledger'])}, not to ${ledger}`,
    );
  }
  if (metadata['prev'] !== head.hash) {
    const detail = `the event follows ${show(metadata['prev'])}, but the one before it is ${head.hash}`;
    throw new LedgerCorrupt('chain_broken', detail);
  }
  const hash = hashOf(sha256, head.hash, ledger, record);
  if (metadata['hash'] !== hash) {
    const detail = `the event was sealed as ${show(metadata['hash'])}, but its hash is ${hash}`;
    throw new LedgerCorrupt('hash_mismatch', detail);
  }
  if (id !== idOfHash(hash)) throw new LedgerCorrupt('id_mismatch', `the id is ${id}, not ${idOfHash(hash)}`);
  return hash;
}

/** The version comes first: another one may have other fields. */
function metadataOf({ metadata }: StoredRecord): Readonly<Record<string, unknown>> {
  const schema =
    typeof metadata === 'object' && metadata !== null && 'schema' in metadata ? metadata.schema : undefined;
  if (schema !== SCHEMA) {
    throw new LedgerCorrupt(
      'schema_unknown',
      `the stored form has version ${show(schema)}; only ${SCHEMA} is known`,
    );
  }
  return fieldsOf(metadata, ['hash', 'ledger', 'prev', 'schema'], 'metadata');
}

function hashOf(
  sha256: Sha256,
  prev: string,
  ledger: string,
  { revision, type, data }: StoredRecord,
): string {
  try {
    return chainHash(sha256, prev, { ledger, revision, type, data });
  } catch (error) {
    throw new LedgerCorrupt('event_malformed', `the event has no canonical form: ${String(error)}`);
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'none';
}

/** Checks that an event of a sound chain is also one that this book can hold. */
function checkEvent(state: LedgerState, event: LedgerEvent): void {
  if (event.type !== 'LedgerCreated' && state.revision < 0n) {
    throw new LedgerCorrupt('book_not_created', `a book begins with LedgerCreated, not with ${event.type}`);
  }
  if (event.recordedAt < state.recordedAt) {
    throw new LedgerCorrupt(
      'clock_backwards',
      `recorded at ${event.recordedAt}, after an event at ${state.recordedAt}`,
    );
  }
  switch (event.type) {
    case 'LedgerCreated':
      return checkCreated(state, event);
    case 'AccountOpened':
      return checkOpened(state, event);
    case 'EntryPosted':
      checkEntryId(state, event);
      return checkPosted(state, event);
    case 'EntryRejected':
      return checkEntryId(state, event);
    default:
      throw new Error(`unknown event: ${(event satisfies never as LedgerEvent).type}`);
  }
}

function checkCreated(state: LedgerState, { ledger, currency }: LedgerCreated): void {
  if (state.revision >= 0n) throw new LedgerCorrupt('book_created_twice', 'the book was created before');
  if (ledger !== state.ledger) {
    throw new LedgerCorrupt('ledger_foreign', `the book was created as ${ledger}, not as ${state.ledger}`);
  }
  checkCurrency(currency, state.currency === '' ? currency : state.currency);
}

function checkOpened(state: LedgerState, { id, currency }: AccountOpened): void {
  if (state.accounts.has(id)) throw new LedgerCorrupt('account_twice', `${id} was opened before`);
  checkCurrency(currency, state.currency);
}

function checkCurrency(currency: string, expected: string): void {
  if (currency !== expected)
    throw new LedgerCorrupt('currency_mismatch', `in ${currency}, the book is in ${expected}`);
}

/** An id outside its window would not be known any more, so inside the window once is once for ever. */
function checkEntryId(state: LedgerState, { entryId, recordedAt }: EntryPosted | EntryRejected): void {
  if (state.entryIds.has(entryId)) {
    throw new LedgerCorrupt('entry_id_repeated', `entry ${entryId} has an outcome already`);
  }
  const fault = entryIdFault(entryId, recordedAt);
  if (fault !== undefined) {
    throw new LedgerCorrupt('entry_id_invalid', `entry id ${entryId} could not be recorded at ${recordedAt}`);
  }
}

function checkPosted(state: LedgerState, event: EntryPosted): void {
  const fault = entryFault(state, event);
  if (fault === undefined) return;
  const code = fault.code === 'insufficient_funds' ? 'floor_broken' : fault.code;
  throw new LedgerCorrupt(code, `entry ${event.entryId}: ${fault.detail}`);
}
