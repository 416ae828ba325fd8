import { decodeStored, GENESIS, type LedgerEvent } from '@florin/ledger';
import { PartOfBook, WholeBook, type BookCheck } from './book-check.js';
import { ExportFault } from './fault.js';
import { kindOf, readCheckpoint, readEnd, readHeader, show, type ExportHeader } from './format.js';
import { readPlainEntry } from './plain-entry.js';
import { verifyCheckpoint, type Keys } from './verify-checkpoint.js';

/** The text of an event, read. */
interface EventText {
  readonly data: unknown;
  readonly ledger: unknown;
  readonly prev: unknown;
  readonly revision: unknown;
  readonly schema: unknown;
  readonly type: string;
}

const EVENT_FIELDS = ['data', 'ledger', 'prev', 'revision', 'schema', 'type'];

/** The other half of verifying an export: each line understood and held against those before it. Lines come in order. */
export class ExportCheck {
  /** Of the first file. */
  header: ExportHeader | undefined;
  /** Where the chain stands. */
  revision = -1;
  hash = GENESIS.hash;
  events = 0;
  entries = 0;
  checkpoints = 0;
  /** Number of events that signed checkpoints cover. */
  covered = 0;
  readonly signers = new Set<string>();
  book: BookCheck | undefined;

  /** Of the file that is read. */
  #part: ExportHeader | undefined;
  #counts = { events: 0, entries: 0, checkpoints: 0 };
  #ended = false;
  /** Of the tree before the line. */
  #root = '';
  /** Of the tree where the file before this one ended. */
  #rootBefore = '';

  /** `onEvent` is told of each event that is right. */
  constructor(
    private readonly keys: Keys,
    private readonly onEvent: (event: LedgerEvent, revision: number) => void = () => undefined,
  ) {}

  /**
   * Takes in a line that is JSON in its one form. `hash` is its SHA-256 in hex; `isPlain` says that it is a plain entry, at its place if all before it is right; `root` gives the root in hex of the tree before it, and is asked just once for every
   * line that is no event. Throws ExportFault or LedgerCorrupt for the first thing that is wrong with it.
   */
  accept(line: string, hash: string, isPlain: boolean, root: () => string): void {
    if (isPlain && this.#part !== undefined && !this.#ended) {
      const entry = readPlainEntry(line);
      if (entry !== undefined) return this.#take(entry, hash);
    }
    const kind = kindOf(line);
    if (kind !== 'event') this.#root = root();
    const value: unknown = JSON.parse(line);
    if (this.#ended) throw new ExportFault('line_after_end', 'there is a line after the end');
    if (this.#part === undefined) {
      if (kind !== 'header') throw new ExportFault('header_malformed', 'the first line is not a header');
      return this.#begin(value);
    }
    switch (kind) {
      case 'event':
        return this.#event(value as EventText, hash, this.#part);
      case 'checkpoint':
        return this.#checkpoint(value, this.#part);
      case 'end':
        return this.#end(value, this.#part);
      default:
        throw new ExportFault(
          'line_malformed',
          `neither an event nor a checkpoint nor the end: ${show(line)}`,
        );
    }
  }

  /** After the last line of a file. Throws ExportFault where it is not whole. */
  endFile(): void {
    if (!this.#ended)
      throw new ExportFault('truncated', 'the export was cut off: it has no line with its end');
    this.#part = undefined;
    this.#ended = false;
    this.#counts = { events: 0, entries: 0, checkpoints: 0 };
  }

  /** After the last file. Throws ExportFault for events that no key vouches for. */
  endAll(): void {
    if (this.keys === undefined || this.covered === this.revision + 1) return;
    const detail = `no checkpoint covers the revisions ${this.covered} to ${this.revision}: who wrote them is not shown`;
    throw new ExportFault('checkpoint_missing', detail);
  }

  #begin(value: unknown): void {
    const header = readHeader(value);
    if (typeof header === 'string') throw new ExportFault('header_malformed', header);
    this.#part = header;
    if (this.header !== undefined) return this.#join(header, this.header);
    this.header = header;
    this.book = header.from === 0 ? new WholeBook(header) : new PartOfBook();
    this.revision = header.from - 1;
    this.covered = header.from;
    this.hash = header.before?.hash ?? GENESIS.hash;
    this.#rootBefore = this.#root;
  }

  /** A further file goes on where the one before it ended. */
  #join({ ledger, currency, from, before }: ExportHeader, first: ExportHeader): void {
    if (ledger !== first.ledger || currency !== first.currency) {
      throw new ExportFault('part_foreign', `it is of ${ledger} in ${currency}, expected ${first.ledger}`);
    }
    if (from !== this.revision + 1 || before?.hash !== this.hash || this.#root !== this.#rootBefore) {
      const expected = `${this.revision + 1} after ${this.hash}`;
      throw new ExportFault('part_gap', `it begins at ${from} after ${before?.hash}, expected ${expected}`);
    }
  }

  #event(text: EventText, hash: string, { ledger }: ExportHeader): void {
    const fields = Object.keys(text);
    const known =
      fields.length === EVENT_FIELDS.length && fields.every((name, at) => name === EVENT_FIELDS[at]);
    if (!known || typeof text.type !== 'string') {
      throw new ExportFault('event_malformed', `an event has just the fields ${EVENT_FIELDS.join(', ')}`);
    }
    const { data, prev, revision, schema, type } = text;
    const due = this.revision + 1;
    if (revision !== due) {
      throw new ExportFault('revision_gap', `revision ${show(revision)} stands where ${due} is due`);
    }
    if (text.ledger !== ledger) {
      throw new ExportFault('ledger_foreign', `the event belongs to ${show(text.ledger)}, not to ${ledger}`);
    }
    if (prev !== this.hash) {
      const detail = `the event follows ${show(prev)}, but the line of the event before it hashes to ${this.hash}`;
      throw new ExportFault('chain_broken', detail);
    }
    this.#take(decodeStored(schema, type, data), hash);
  }

  /** What stands at its place; what the book says of it is yet to be seen. */
  #take(event: LedgerEvent, hash: string): void {
    this.book?.accept(event);
    this.revision += 1;
    this.hash = hash;
    this.events += 1;
    this.#counts.events += 1;
    if (event.type === 'EntryPosted') {
      this.entries += 1;
      this.#counts.entries += 1;
    }
    this.onEvent(event, this.revision);
  }

  #checkpoint(value: unknown, { origin }: ExportHeader): void {
    const note = readCheckpoint(value);
    if (note === undefined) throw new ExportFault('line_malformed', 'a checkpoint is a note, as a string');
    const size = this.revision + 1;
    const expected = { origin, size, root: this.#root, chain: this.hash, totals: this.book?.totals };
    for (const signer of verifyCheckpoint(note, this.keys, expected)) this.signers.add(signer);
    this.covered = size;
    this.checkpoints += 1;
    this.#counts.checkpoints += 1;
  }

  #end(value: unknown, { to }: ExportHeader): void {
    const end = readEnd(value);
    if (typeof end === 'string') throw new ExportFault('line_malformed', end);
    const found = { ...this.#counts, hash: this.hash, revision: this.revision };
    for (const name of ['revision', 'events', 'entries', 'checkpoints', 'hash'] as const) {
      if (end[name] === found[name]) continue;
      throw new ExportFault('end_differs', `the end says ${name} ${end[name]}, expected ${found[name]}`);
    }
    if (to !== this.revision) {
      throw new ExportFault(
        'end_differs',
        `the last revision is ${this.revision}, expected ${to} by the header`,
      );
    }
    this.#rootBefore = this.#root;
    this.#ended = true;
  }
}
