import { ledgerStream } from '@florin/contracts';
import { eventAt, headOf, sha256, type EventStore, type StoredEvent } from '@florin/event-store';
import { canonicalEvent, GENESIS, schemaOf, type Sealed } from '@florin/ledger';
import { leafHash, MerkleFrontier } from '@florin/proofs';
import { checkpointsOf, lastCheckpoint, type StoredCheckpoint } from './checkpoint-stream.js';
import { ExportFault, ExportImpossible } from './fault.js';
import { checkpointLine, endLine, EXPORT_FORMAT, headerLine, show, type ExportHeader } from './format.js';

/** What is exported. */
export interface ExportRange {
  readonly ledger: string;
  /** First revision, by default 0. Above zero it is a part; the events before it are read for their hashes. */
  readonly from?: number | undefined;
  /** Last revision; by default the last one that a checkpoint covers, else the last that there is. */
  readonly to?: number | undefined;
}

/** How far an export came: what it takes to go on later. */
export interface ExportProgress {
  readonly header: ExportHeader;
  /** Of the last event that was written. */
  readonly revision: number;
  readonly hash: string;
  readonly entries: number;
  readonly checkpoints: number;
  /** Number of the next checkpoint in their stream. */
  readonly nextCheckpoint: number;
}

/** Lines of an export, and how far it came with them. */
export interface ExportPage {
  readonly text: string;
  readonly progress: ExportProgress;
  /** Whether these are the last lines. */
  readonly done: boolean;
}

type Store = Pick<EventStore, 'read'>;

/**
 * Exports a book from an event store; goes on after `progress`, which an earlier run left. The chain is checked on the way:
 * throws ExportFault where an event does not follow, for there is no export of it that could be verified, and
 * ExportImpossible where there is nothing to export.
 */
export async function* exportBook(
  store: Store,
  range: ExportRange,
  earlier?: ExportProgress,
): AsyncGenerator<ExportPage, void> {
  const progress = earlier ?? (await beginning(store, range));
  const { ledger, from, to } = progress.header;
  const writer = new ExportWriter(progress);
  let text = earlier === undefined ? headerLine(progress.header) : '';
  const checkpoints = checkpointsOf(store, ledger, progress.nextCheckpoint);
  const nextCheckpoint = async () => (await checkpoints.next()).value;
  let waiting = await nextCheckpoint();
  while (waiting !== undefined && waiting.size <= from) {
    writer.passCheckpoint(waiting);
    waiting = await nextCheckpoint();
  }
  for await (const page of pagesFrom(store, ledger, progress.revision + 1, to)) {
    for (const event of page) {
      text += writer.event(event);
      while (waiting !== undefined && waiting.size <= writer.size) {
        text += writer.checkpoint(waiting);
        waiting = await nextCheckpoint();
      }
    }
    yield { text, progress: writer.progress, done: false };
    text = '';
  }
  yield { text: text + writer.end(), progress: writer.progress, done: true };
}

async function beginning(store: Store, { ledger, from = 0, to }: ExportRange): Promise<ExportProgress> {
  // Before the head is: a book that grows and is signed meanwhile is never behind its checkpoint.
  const checkpoint = await lastCheckpoint(store, ledger);
  const head = Number(await headOf(store, ledgerStream(ledger)));
  const last = to ?? (checkpoint === undefined || checkpoint.size <= from ? head : checkpoint.size - 1);
  if (head < 0) throw new ExportImpossible(`the event store holds no event of ${ledger}`);
  if (from > last || last > head) {
    throw new ExportImpossible(`${ledger} has the revisions 0 to ${head}, not ${from} to ${last}`);
  }
  const created = (await eventAt(store, ledgerStream(ledger), 0n))?.data as
    { currency?: unknown } | undefined;
  const header: ExportHeader = {
    format: EXPORT_FORMAT,
    ledger,
    currency: String(created?.currency),
    origin: checkpoint?.note.split('\n', 1)[0] ?? null,
    from,
    to: last,
  };
  const start = { revision: -1, hash: GENESIS.hash, entries: 0, checkpoints: 0, nextCheckpoint: 0 };
  return from === 0 ? { header, ...start } : { ...start, ...(await beforePart(store, header)) };
}

/** Reads all events before a part, for where their chain and their tree end. */
async function beforePart(
  store: Store,
  header: ExportHeader,
): Promise<Pick<ExportProgress, 'header' | 'revision' | 'hash'>> {
  const { ledger, from } = header;
  const revision = from - 1;
  const tree = new MerkleFrontier();
  let hash = GENESIS.hash;
  for await (const page of pagesFrom(store, ledger, 0, revision)) {
    for (const event of page) {
      const sealed = sealedText(event, ledger, tree.size, hash);
      hash = sealed.hash;
      tree.append(leafHash(sealed.text));
    }
  }
  return { header: { ...header, before: { hash, roots: tree.toJSON().hashes } }, revision, hash };
}

async function* pagesFrom(
  store: Store,
  ledger: string,
  from: number,
  to: number,
): AsyncGenerator<StoredEvent[]> {
  if (from > to) return;
  let next = from;
  for await (const page of store.read(ledgerStream(ledger), {
    from: BigInt(from),
    maxCount: to - from + 1,
  })) {
    next += page.length;
    yield page;
  }
  if (next <= to) throw new ExportFault('truncated', `the book ended before revision ${next}`);
}

/** Writes events as the lines that they are known by. */
class ExportWriter {
  readonly #header: ExportHeader;
  #revision: number;
  #hash: string;
  #entries: number;
  #checkpoints: number;
  #nextCheckpoint: number;

  constructor(progress: ExportProgress) {
    this.#header = progress.header;
    this.#revision = progress.revision;
    this.#hash = progress.hash;
    this.#entries = progress.entries;
    this.#checkpoints = progress.checkpoints;
    this.#nextCheckpoint = progress.nextCheckpoint;
  }

  get progress(): ExportProgress {
    return {
      header: this.#header,
      revision: this.#revision,
      hash: this.#hash,
      entries: this.#entries,
      checkpoints: this.#checkpoints,
      nextCheckpoint: this.#nextCheckpoint,
    };
  }

  /** Number of events up to the last one that was written. */
  get size(): number {
    return this.#revision + 1;
  }

  event(event: StoredEvent): string {
    const { text, hash } = sealedText(event, this.#header.ledger, this.size, this.#hash);
    this.#revision += 1;
    this.#hash = hash;
    if (event.type === 'EntryPosted') this.#entries += 1;
    return `${text}\n`;
  }

  checkpoint({ note, size, number }: StoredCheckpoint): string {
    if (size !== this.size) {
      throw new ExportFault('checkpoint_misplaced', `a checkpoint of ${size} events follows one of more`);
    }
    this.#checkpoints += 1;
    this.#nextCheckpoint = number + 1;
    return checkpointLine(note);
  }

  /** One that a part leaves out, because it covers nothing of it. */
  passCheckpoint({ number }: StoredCheckpoint): void {
    this.#nextCheckpoint = number + 1;
  }

  end(): string {
    const events = this.size - this.#header.from;
    const end = { entries: this.#entries, events, hash: this.#hash, revision: this.#revision };
    return endLine({ checkpoints: this.#checkpoints, ...end });
  }
}

/** The text that an event is known by, and its hash. Throws ExportFault where it is not the next one of its chain. */
function sealedText(
  { metadata, type, data, revision }: StoredEvent,
  ledger: string,
  due: number,
  before: string,
): { text: string; hash: string } {
  const { prev, hash } = (metadata ?? {}) as { prev?: unknown; hash?: unknown };
  if (revision !== BigInt(due)) {
    throw new ExportFault('revision_gap', `revision ${revision} stands where ${due} is due`);
  }
  if (prev !== before) {
    const detail = `revision ${due} follows ${show(prev)}, but the hash of the event before it is ${before}`;
    throw new ExportFault('chain_broken', detail);
  }
  const text = canonicalText(before, { schema: schemaOf(metadata) as number, ledger, revision, type, data });
  const found = sha256(text);
  if (found === hash) return { text, hash };
  const detail = `revision ${due} was sealed as ${show(hash)}, but its hash is ${found}`;
  throw new ExportFault('hash_mismatch', detail);
}

function canonicalText(prev: string, sealed: Sealed): string {
  try {
    return canonicalEvent(prev, sealed);
  } catch (error) {
    throw new ExportFault(
      'event_malformed',
      `revision ${sealed.revision} has no canonical form: ${String(error)}`,
    );
  }
}
