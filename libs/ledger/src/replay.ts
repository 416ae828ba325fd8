import { unitsFault } from './assets.js';
import { canonicalEvent, GENESIS, idOfHash, type ChainHead, type Sha256 } from './chain.js';
import { LedgerCorrupt } from './corrupt.js';
import { entryIdFault } from './entry-id.js';
import { outcomeId, type AccountOpened, type LedgerCreated, type LedgerEvent } from './events.js';
import { evolve } from './evolve.js';
import { requireFields } from './fields.js';
import { createReversalCheck } from './reversals.js';
import { eventFault } from './rules.js';
import { emptyLedger, type LedgerState } from './state.js';
import type { Finding, ReadRecord, StoredRecord } from './stored.js';
import { decodeStored, requireKnownSchema, schemaOf } from './upcast.js';

export interface Replay {
  /**
   * Checks the next event and takes it in. Returns the first finding, from then on always: nothing after it is read.
   */
  accept(record: StoredRecord): Finding | undefined;
  /**
   * Holds the reversals that were read against the entries that they name, which `read` looks up again: no book keeps its
   * entries in memory. Returns the first finding of all. Belongs after the last event.
   */
  checkReversals(read: ReadRecord): Promise<Finding | undefined>;
  readonly finding: Finding | undefined;
  /** The book at the last event that was right. */
  readonly state: LedgerState;
  /** Where the chain ends, or where it was last right. */
  readonly head: ChainHead;
}

/** A book, and where its chain ends. */
export interface BookAt {
  readonly state: LedgerState;
  readonly head: ChainHead;
}

export interface ReplayOptions {
  /** ISO 4217 code that the book must have; without it, the book says. */
  readonly currency?: string;
  /** Where the history goes on from, without checking what led there; without it, from the first event. Given away. */
  readonly start?: BookAt;
  /** Called with every event that is right, and the text that it is known by, after the state has taken it in. */
  readonly onEvent?: (event: LedgerEvent, revision: bigint, text: string) => void;
}

/**
 * Rebuilds a book from its stored events and verifies it on the way: revisions without a gap, the hash chain over the
 * canonical form, ids, the balance of every entry, floors and holds, the outcome of each id once, closed periods. A service loads its book
 * through this, an auditor verifies with it.
 */
export function createReplay(ledger: string, sha256: Sha256, options: ReplayOptions = {}): Replay {
  let state = options.start?.state ?? emptyLedger(ledger, options.currency ?? '');
  let head = options.start?.head ?? GENESIS;
  let finding: Finding | undefined;
  const reversals = createReversalCheck();
  const next = (record: StoredRecord): void => {
    const { hash, schema, text } = checkChain(ledger, head, record, sha256);
    const event = decodeStored(schema, record.type, record.data);
    checkEvent(state, event);
    state = evolve(state, event);
    head = { revision: record.revision, hash };
    reversals.note(event, record.revision);
    options.onEvent?.(event, record.revision, text);
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
    async checkReversals(read) {
      // An earlier revision than where the chain stopped.
      finding = (await reversals.finding(read)) ?? finding;
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

/**
 * Reads the next event of a chain, wherever the chain was last right, without a book: what the rules say of it is not looked
 * at. Throws LedgerCorrupt.
 */
export function readNext(
  ledger: string,
  sha256: Sha256,
  head: ChainHead,
  record: StoredRecord,
): { readonly event: LedgerEvent; readonly head: ChainHead } {
  const { hash, schema } = checkChain(ledger, head, record, sha256);
  const event = decodeStored(schema, record.type, record.data);
  return { event, head: { revision: record.revision, hash } };
}

/** Checks all that makes an event the next one of its chain. */
function checkChain(
  ledger: string,
  head: ChainHead,
  record: StoredRecord,
  sha256: Sha256,
): { hash: string; schema: number; text: string } {
  const { revision, id } = record;
  if (revision !== head.revision + 1n) {
    throw new LedgerCorrupt('revision_gap', `revision ${revision} follows revision ${head.revision}`);
  }
  const metadata = metadataOf(record);
  const { schema } = metadata;
  if (metadata.ledger !== ledger) {
    throw new LedgerCorrupt(
      'ledger_foreign',
      `the event belongs to ${show(metadata.ledger)}, not to ${ledger}`,
    );
  }
  if (metadata.prev !== head.hash) {
    const detail = `the event follows ${show(metadata.prev)}, but the one before it is ${head.hash}`;
    throw new LedgerCorrupt('chain_broken', detail);
  }
  const text = canonicalTextOf(record, head.hash, ledger, schema);
  const hash = sha256(text);
  if (metadata.hash !== hash) {
    const detail = `the event was sealed as ${show(metadata.hash)}, but its hash is ${hash}`;
    throw new LedgerCorrupt('hash_mismatch', detail);
  }
  if (id !== idOfHash(hash)) throw new LedgerCorrupt('id_mismatch', `the id is ${id}, not ${idOfHash(hash)}`);
  return { hash, schema, text };
}

/** The version comes first: another one may have other fields. */
function metadataOf({ metadata }: StoredRecord): {
  schema: number;
  hash: unknown;
  ledger: unknown;
  prev: unknown;
} {
  const schema = schemaOf(metadata);
  requireKnownSchema(schema);
  const { hash, ledger, prev } = requireFields(metadata, ['hash', 'ledger', 'prev', 'schema'], 'metadata');
  return { schema, hash, ledger, prev };
}

function canonicalTextOf(
  { revision, type, data }: StoredRecord,
  prev: string,
  ledger: string,
  schema: number,
): string {
  try {
    return canonicalEvent(prev, { schema, ledger, revision, type, data });
  } catch (error) {
    throw new LedgerCorrupt('event_malformed', `the event has no canonical form: ${String(error)}`);
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'none';
}

/** Checks that an event of a sound chain is also one that this book can hold. Throws LedgerCorrupt. */
export function checkEvent(state: LedgerState, event: LedgerEvent): void {
  if (event.type !== 'LedgerCreated' && state.revision < 0n) {
    throw new LedgerCorrupt('book_not_created', `a book begins with LedgerCreated, not with ${event.type}`);
  }
  if (event.recordedAt < state.recordedAt) {
    throw new LedgerCorrupt(
      'clock_backwards',
      `recorded at ${event.recordedAt}, after an event at ${state.recordedAt}`,
    );
  }
  if (event.type === 'LedgerCreated') checkCreated(state, event);
  if (event.type === 'AccountOpened') checkOpened(state, event);
  checkOutcomeId(state, event);
  const fault = eventFault(state, event);
  if (fault === undefined) return;
  const code = fault.code === 'insufficient_funds' ? 'floor_broken' : fault.code;
  throw new LedgerCorrupt(code, `${event.type} ${outcomeId(event) ?? ''}: ${fault.detail}`);
}

function checkCreated(state: LedgerState, { ledger, currency }: LedgerCreated): void {
  if (state.revision >= 0n) throw new LedgerCorrupt('book_created_twice', 'the book was created before');
  if (ledger !== state.ledger) {
    throw new LedgerCorrupt('ledger_foreign', `the book was created as ${ledger}, not as ${state.ledger}`);
  }
  if (state.currency !== '' && currency !== state.currency) {
    throw new LedgerCorrupt('currency_mismatch', `in ${currency}, the book is in ${state.currency}`);
  }
}

function checkOpened(state: LedgerState, account: AccountOpened): void {
  const { id, currency } = account;
  if (state.accounts.has(id)) throw new LedgerCorrupt('account_twice', `${id} was opened before`);
  if (currency === state.currency) return;
  if (!state.assets.has(currency)) {
    throw new LedgerCorrupt('currency_mismatch', `in ${currency}, the book is in ${state.currency}`);
  }
  const fault = unitsFault(account);
  if (fault !== undefined) throw new LedgerCorrupt('account_invalid', fault);
}

/**
 * An id outside its window would not be known any more, so inside the window once is once for ever. The window comes first: how
 * long an id is remembered beyond it is no rule.
 */
function checkOutcomeId(state: LedgerState, event: LedgerEvent): void {
  const id = outcomeId(event);
  if (id === undefined) return;
  if (entryIdFault(id, event.recordedAt) !== undefined) {
    throw new LedgerCorrupt('entry_id_invalid', `the id ${id} could not be recorded at ${event.recordedAt}`);
  }
  if (state.entryIds.has(id)) {
    throw new LedgerCorrupt('entry_id_repeated', `${id} has an outcome already`);
  }
}
