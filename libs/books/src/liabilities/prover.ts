import type { EventStore } from '@florin/event-store';
import { Malformed, type SumTree, type VerifierKey } from '@florin/proofs';
import {
  checkpointWithin,
  latestCheckpoint,
  openCheckpoint,
  owedWithin,
  type StoredCheckpoint,
} from '../notary/checkpoints.js';
import { accountAt, bookAt } from '../point-in-time.js';
import { liabilityDocument, type LiabilityDocument } from './document.js';
import { liabilitiesTree } from './tree.js';

export interface ProverOptions {
  readonly ledger: string;
  readonly store: Pick<EventStore, 'read'>;
  /** One of these must have signed what the answers rest on. */
  readonly keys: readonly VerifierKey[];
  /** The installation's secret that those of trees are made of. */
  readonly secret: string;
  /** Gives up what is being built. */
  readonly signal?: AbortSignal;
  /** Told why snapshots could not be used: a tree took a reading of all of the book. */
  readonly onFallback?: (reason: Error) => void;
}

/** Too many ask for trees that are not there. */
export class ProverBusy extends Error {
  override readonly name = 'ProverBusy';
}

/** Trees that are kept: the newest, and one that somebody asked for. A tree has some 100 bytes per account. */
const MAX_TREES = 2;
/** Trees that are waited for: they are built one after the other. */
const MAX_WAITING = 4;
const IDLE_MS = 600_000;

/**
 * Proves to the holders of accounts that what is owed to them is in what was signed. It builds the trees again, out of the book
 * as it was then, and keeps the last ones for a while.
 */
export class LiabilityProver {
  /** By size, the one that was asked for last at the end. */
  readonly #trees = new Map<number, Promise<SumTree>>();
  #building: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(private readonly options: ProverOptions) {}

  /**
   * The checkpoint that a proof is asked for: of this size, or the newest; `undefined` where there is none that says what is
   * owed.
   */
  async checkpoint(size?: number): Promise<StoredCheckpoint | undefined> {
    const { ledger, store } = this.options;
    const newest = await (size === undefined
      ? latestCheckpoint(store, ledger)
      : checkpointWithin(store, ledger, size));
    const found = newest && (await owedWithin(store, ledger, newest));
    return size === undefined || found?.size === size ? found : undefined;
  }

  /**
   * The proof for an account of this owner; `undefined` where they had no such account then, or one that nothing is owed on.
   * Throws `ProverBusy`, and `Malformed` where the book or the secret is not that which was signed with.
   */
  async prove(
    checkpoint: StoredCheckpoint,
    account: string,
    owner: string,
  ): Promise<LiabilityDocument | undefined> {
    const { keys, ledger } = this.options;
    const found = await accountAt(this.options, account, BigInt(checkpoint.size) - 1n);
    if (found?.account.owner !== owner) return undefined;
    const proof = (await this.#tree(checkpoint)).prove(account);
    return proof && liabilityDocument(ledger, checkpoint, proof, keys);
  }

  #tree(checkpoint: StoredCheckpoint): Promise<SumTree> {
    const { size } = checkpoint;
    const tree = this.#trees.get(size) ?? this.#build(checkpoint);
    this.#trees.delete(size);
    this.#trees.set(size, tree);
    if (this.#trees.size > MAX_TREES) this.#forgetOne();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#trees.clear(), IDLE_MS).unref();
    return tree;
  }

  /** Never the newest: who asks for one old tree after the other keeps nobody from theirs. */
  #forgetOne(): void {
    const newest = Math.max(...this.#trees.keys());
    const oldest = [...this.#trees.keys()].find((size) => size !== newest);
    if (oldest !== undefined) this.#trees.delete(oldest);
  }

  /** One tree after the other. One that could not be built is tried again when it is asked for. */
  #build(checkpoint: StoredCheckpoint): Promise<SumTree> {
    if (this.#waiting >= MAX_WAITING) throw new ProverBusy(`${MAX_WAITING} trees are being built already`);
    this.#waiting += 1;
    const tree = this.#building.then(() => this.#grow(checkpoint));
    const ended = (): void => void (this.#waiting -= 1);
    this.#building = tree.then(ended, () => {
      ended();
      this.#trees.delete(checkpoint.size);
    });
    return tree;
  }

  async #grow({ note, size }: StoredCheckpoint): Promise<SumTree> {
    const { keys, ledger, secret } = this.options;
    const { head, size: covers } = openCheckpoint(note, ledger, keys);
    const { finding, state } = await bookAt(this.options, BigInt(size) - 1n);
    if (finding !== undefined)
      throw new Malformed(`revision ${finding.revision} of ${ledger} is wrong: ${finding.detail}`);
    const tree = await liabilitiesTree(state, secret, this.options.signal);
    const { count, root, total } = tree.head;
    const said = head.liabilities;
    if (covers !== size || said?.count !== count || said.total !== total || !said.root.equals(root)) {
      throw new Malformed(
        `what ${ledger} owed after ${size} events is not what was signed: is LIABILITIES_SECRET another?`,
      );
    }
    return tree;
  }
}
