import { eventAt, headOf, sha256, type EventStore, type StoredEvent } from '@florin/event-store';
import { idOfHash } from '@florin/ledger';
import {
  formatCheckpoint,
  formatLedgerHead,
  formatNote,
  Malformed,
  openNote,
  parseCheckpoint,
  parseLedgerHead,
  parseNote,
  signNote,
  type Hash,
  type LedgerHead,
  type SignerKey,
  type VerifierKey,
} from '@florin/proofs';
import { z } from 'zod';

/** The stream of a book's checkpoints, one per event. */
export function checkpointStream(ledger: string): string {
  return `checkpoints-${ledger}`;
}

/** How the checkpoints of a book name it; also the name of the keys that sign them. `prefix` is the installation's. */
export function ledgerOrigin(prefix: string, ledger: string): string {
  return `${prefix}/${ledger}`;
}

/** Which checkpoints a key has signed, by their sizes: the first and the last of them. */
export interface KeyUse {
  readonly keyId: string;
  readonly from: number;
  readonly to: number;
}

/** A checkpoint as it is stored; nobody has verified its signature yet. */
export interface StoredCheckpoint {
  /** Place among the book's checkpoints, from 0. */
  readonly number: number;
  /** The signed note. */
  readonly note: string;
  /** Number of events that it covers: those of the revisions below. */
  readonly size: number;
  /** The keys that have signed checkpoints of the book up to here. */
  readonly keys: readonly KeyUse[];
  /** Number of the newest checkpoint, up to this one, that says what is owed to users. */
  readonly liabilities?: number | undefined;
}

const sizeSchema = z.int().nonnegative();
const storedSchema = z.object({
  type: z.literal('CheckpointSigned'),
  data: z.object({ note: z.string(), size: sizeSchema }),
  metadata: z.object({
    keys: z.array(z.object({ keyId: z.string(), from: sizeSchema, to: sizeSchema })),
    liabilities: sizeSchema.optional(),
  }),
});

function toCheckpoint(stored: StoredEvent): StoredCheckpoint {
  const parsed = storedSchema.safeParse(stored);
  if (!parsed.success) throw new Malformed(`event ${stored.revision} of checkpoints is not a checkpoint`);
  const { data, metadata } = parsed.data;
  return { number: Number(stored.revision), ...data, ...metadata };
}

type Store = Pick<EventStore, 'read'>;

export interface CheckpointsPage {
  /** Only those before this number, the newest first; without it, from the newest on. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Checkpoints of a book, newest first. Throws `Malformed` for what is none. */
export async function readCheckpoints(
  store: Store,
  ledger: string,
  { before, limit }: CheckpointsPage,
): Promise<StoredCheckpoint[]> {
  if (before === 0) return [];
  const found: StoredCheckpoint[] = [];
  const pages = store.read(checkpointStream(ledger), {
    direction: 'backwards',
    maxCount: limit,
    ...(before === undefined ? {} : { from: BigInt(before - 1) }),
  });
  for await (const page of pages) found.push(...page.map(toCheckpoint));
  return found;
}

/** The newest checkpoint of a book, if there is one. Throws `Malformed`. */
export async function latestCheckpoint(store: Store, ledger: string): Promise<StoredCheckpoint | undefined> {
  const [latest] = await readCheckpoints(store, ledger, { limit: 1 });
  return latest;
}

/** The newest checkpoint that covers at most so many events, if there is one: sizes grow from one to the next. Throws `Malformed`. */
export async function checkpointWithin(
  store: Store,
  ledger: string,
  size: number,
): Promise<StoredCheckpoint | undefined> {
  const stream = checkpointStream(ledger);
  let [before, after] = [-1n, (await headOf(store, stream)) + 1n];
  let found: StoredCheckpoint | undefined;
  while (after - before > 1n) {
    const middle = (before + after) / 2n;
    const stored = await eventAt(store, stream, middle);
    if (stored === undefined) throw new Malformed(`event ${middle} of checkpoints is missing`);
    const checkpoint = toCheckpoint(stored);
    if (checkpoint.size <= size) {
      before = middle;
      found = checkpoint;
    } else after = middle;
  }
  return found;
}

/** The newest checkpoint, up to and with this one, that says what is owed; its signature is to be verified as any other. */
export async function owedWithin(
  store: Store,
  ledger: string,
  { liabilities }: Pick<StoredCheckpoint, 'liabilities'>,
): Promise<StoredCheckpoint | undefined> {
  if (liabilities === undefined) return undefined;
  const [found] = await readCheckpoints(store, ledger, { before: liabilities + 1, limit: 1 });
  return found;
}

/** Pages of all checkpoints of a book, oldest first. Throws `Malformed`. */
export async function* allCheckpoints(store: Store, ledger: string): AsyncGenerator<StoredCheckpoint[]> {
  for await (const page of store.read(checkpointStream(ledger))) yield page.map(toCheckpoint);
}

/** What a checkpoint says, once it is known who signed it. */
export interface OpenedCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  readonly head: LedgerHead;
  /** The key of the book that signed it. */
  readonly key: VerifierKey;
}

/**
 * Opens a checkpoint that a key of the book named `ledger` must have signed. Throws `Malformed` and `NoteUnverified`. A key of
 * a witness, which has another name, does not count.
 */
export function openCheckpoint(note: string, ledger: string, keys: readonly VerifierKey[]): OpenedCheckpoint {
  const { origin, size, root, extensions } = parseCheckpoint(parseNote(note).text);
  if (!origin.endsWith(`/${ledger}`)) throw new Malformed(`the checkpoint is of ${origin}, not of ${ledger}`);
  const own = keys.filter((key) => key.name === origin && key.algorithm === 'ed25519');
  const { signatures } = openNote(note, own);
  const key = signatures[0]?.key as VerifierKey;
  return { origin, size: Number(size), root, head: parseLedgerHead(extensions), key };
}

/** What is signed of a book. */
export interface BookHead {
  readonly size: number;
  readonly root: Hash;
  readonly head: LedgerHead;
}

/** The signed note of a checkpoint; the key is named as the book is (`ledgerOrigin`). */
export function signCheckpoint({ size, root, head }: BookHead, signer: SignerKey): string {
  const extensions = formatLedgerHead(head);
  const text = formatCheckpoint({ origin: signer.name, size: BigInt(size), root, extensions });
  return formatNote({ text, signatures: [signNote(text, signer)] });
}

/**
 * Appends a checkpoint after `last` (`undefined`: as the first). Throws `WrongExpectedRevision` when there is another already.
 */
export async function appendCheckpoint(
  store: Pick<EventStore, 'append'>,
  ledger: string,
  signed: { readonly note: string; readonly size: number; readonly keyId: string; readonly owed?: boolean },
  last: StoredCheckpoint | undefined,
): Promise<StoredCheckpoint> {
  const { note, size, keyId } = signed;
  const keys = used(last?.keys ?? [], keyId, size);
  const number = last === undefined ? 0 : last.number + 1;
  const liabilities = signed.owed === true ? number : last?.liabilities;
  const metadata = { keys, ...(liabilities === undefined ? {} : { liabilities }) };
  const event = {
    id: idOfHash(sha256(note)),
    type: 'CheckpointSigned',
    data: { note, size },
    metadata,
  };
  const expected = last === undefined ? 'no_stream' : BigInt(last.number);
  await store.append(checkpointStream(ledger), [event], expected);
  return { number, note, size, ...metadata };
}

function used(keys: readonly KeyUse[], keyId: string, size: number): KeyUse[] {
  const known = keys.find((use) => use.keyId === keyId);
  const others = keys.filter((use) => use !== known);
  return [...others, { keyId, from: known?.from ?? size, to: size }];
}
