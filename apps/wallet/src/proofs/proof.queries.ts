import {
  eventProof,
  headToProve,
  latestCheckpoint,
  LiabilityProver,
  proveConsistency,
  ProverBusy,
  readCheckpoints,
  tileHashes,
  withCosignatures,
  type CheckpointsPage,
  type EventProof,
  type LiabilityDocument,
  type StoredCheckpoint,
  type TilePlace,
} from '@florin/books';
import { walletAccount } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import type { Sql } from '@florin/messaging';
import type { Hash } from '@florin/proofs';
import type { PublicKeys } from './signing.js';

interface Deps {
  readonly store: Pick<EventStore, 'read'>;
  readonly sql: Sql;
  /** Of each book of this service. */
  readonly keys: ReadonlyMap<string, PublicKeys>;
  /** What the secrets of the trees of liabilities are made of. */
  readonly liabilitiesSecret: string;
  /** Resolves when the read models hold everything that was in the book when it was asked. */
  readonly atHead: (ledger: string) => Promise<void>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, value?: undefined, options?: { signal: AbortSignal }) => Promise<void>;
  /** Aborted when the service ends. */
  readonly stopping: AbortSignal;
}

/** No checkpoint covers the entry yet: ask again. */
export class NotSignedYet extends Error {}

/** No checkpoint that was asked for says what is owed. */
export class NothingSaid extends Error {}

/** The tree that the proof is taken from is still being built: ask again. */
export class NotMadeYet extends Error {}

const waitMs = 2_000;
/** Building a tree takes seconds where a ledger has a million accounts; whoever reads gives up after ten. */
const waitForTreeMs = 5_000;
const pollMs = 100;

/** What the service tells of its books for others to check it by. */
export class ProofQueries {
  private readonly provers: ReadonlyMap<string, LiabilityProver>;

  constructor(private readonly deps: Deps) {
    const { keys, liabilitiesSecret: secret, stopping: signal, store } = deps;
    this.provers = new Map(
      [...keys].map(([ledger, own]) => [
        ledger,
        new LiabilityProver({ ledger, store, keys: own, secret, signal }),
      ]),
    );
  }

  /** The public keys of a book; `undefined` where this service does not keep it. */
  keys(ledger: string): PublicKeys | undefined {
    return this.deps.keys.get(ledger);
  }

  /** The newest checkpoint, with the lines of the witnesses that have signed it so far. */
  async latest(ledger: string): Promise<StoredCheckpoint | undefined> {
    const { store } = this.deps;
    const latest = await latestCheckpoint(store, ledger);
    return latest && withCosignatures(store, ledger, latest);
  }

  /** Newest first. */
  checkpoints(ledger: string, page: CheckpointsPage): Promise<StoredCheckpoint[]> {
    return readCheckpoints(this.deps.store, ledger, page);
  }

  /** A tile of the tree that the newest checkpoint covers, or the beginning of one; `undefined` where it is not in that. */
  async tile(ledger: string, place: TilePlace): Promise<Buffer | undefined> {
    const { store } = this.deps;
    const latest = await latestCheckpoint(store, ledger);
    return latest && tileHashes(store, ledger, place, latest.size);
  }

  /** Both sizes at most that of a checkpoint. */
  consistency(ledger: string, from: number, to: number): Promise<Hash[]> {
    return proveConsistency(this.deps.store, ledger, from, to);
  }

  /**
   * The proof of an entry that moved money on an account of this person; `undefined` where there is no such entry. Waits a
   * moment for a checkpoint; throws `NotSignedYet`.
   */
  async entryProof(personId: string, ledger: string, entryId: string): Promise<EventProof | undefined> {
    await this.deps.atHead(ledger);
    const revision = await revisionOf(this.deps.sql, { personId, ledger, entryId });
    if (revision === undefined) return undefined;
    const checkpoint = await this.coveredBy(ledger, revision);
    return eventProof(this.deps.store, ledger, revision, checkpoint, this.keys(ledger) ?? []);
  }

  /**
   * The proof that what is owed to this person on an account is in what was signed; `undefined` where they have no such
   * account in it. Throws `NothingSaid`, and `NotMadeYet` where it takes longer than a moment.
   */
  async liabilityProof(
    personId: string,
    ledger: string,
    asked: { readonly account?: string | undefined; readonly size?: number | undefined },
  ): Promise<LiabilityDocument | undefined> {
    const prover = this.provers.get(ledger);
    const checkpoint = await prover?.checkpoint(asked.size);
    if (prover === undefined || checkpoint === undefined) throw new NothingSaid();
    const proving = prover.prove(checkpoint, asked.account ?? walletAccount(personId), personId);
    const answered = new AbortController();
    const late = this.deps
      .sleep(waitForTreeMs, undefined, { signal: answered.signal })
      .then(() => Promise.reject(new NotMadeYet()));
    try {
      return await Promise.race([proving, late]);
    } catch (error) {
      throw error instanceof ProverBusy ? new NotMadeYet() : error;
    } finally {
      // Of the two, nobody waits any more for the one that is later.
      proving.catch(() => undefined);
      late.catch(() => undefined);
      answered.abort();
    }
  }

  private async coveredBy(ledger: string, revision: number): Promise<{ note: string; size: number }> {
    const { nowMs, sleep, store } = this.deps;
    for (const deadline = nowMs() + waitMs; ; await sleep(pollMs)) {
      const head = await headToProve(store, ledger, revision);
      if (head !== undefined) return head;
      if (nowMs() >= deadline) throw new NotSignedYet(`revision ${revision} of ${ledger} is not signed yet`);
    }
  }
}

async function revisionOf(
  sql: Sql,
  asked: { personId: string; ledger: string; entryId: string },
): Promise<number | undefined> {
  const [row] = (await sql.query(
    `SELECT e.revision FROM entries e
     JOIN accounts a ON a.ledger = e.ledger AND a.owner = $3
     JOIN postings p ON p.ledger = e.ledger AND p.account = a.account AND p.revision = e.revision
     WHERE e.ledger = $1 AND e.entry_id = $2 LIMIT 1`,
    [asked.ledger, asked.entryId, asked.personId],
  )) as { revision: string }[];
  return row === undefined ? undefined : Number(row.revision);
}
