import { ledgerStream } from '@florin/contracts';
import { eventAt, sha256, type EventStore } from '@florin/event-store';
import type { BookAt } from '@florin/ledger';
import {
  leafHash,
  Malformed,
  MerkleFrontier,
  subtreeRoot,
  TILE_BYTES,
  TILE_WIDTH,
  verifyConsistency,
  verifyInclusion,
  type VerifierKey,
} from '@florin/proofs';
import { SnapshotReader } from '../snapshots/reader.js';
import { SnapshotUnusable } from '../snapshots/record.js';
import type { OpenedCheckpoint } from './checkpoints.js';
import { eventText, nodesOf } from './nodes.js';
import { proveConsistency, proveInclusion } from './prove.js';

type Store = Pick<EventStore, 'read'>;

const HASH_BYTES = TILE_BYTES / TILE_WIDTH;
const LEVELS_OF_TILE = 8;
/** A snapshot may be newer than the last checkpoint: then one before it is, if signing is not far behind. */
const MAX_SNAPSHOTS = 4;

/** A book, and the tree over its events, at a place of its history. */
export interface TreeStart {
  readonly book: BookAt;
  readonly frontier: MerkleFrontier;
  /** See `Edges` of the tiles. */
  readonly edges: readonly Buffer[];
}

/**
 * The last snapshot that one of the book's keys has signed and that lies within a checkpoint, and the tree of that place out of
 * the tiles. All of it is held against the checkpoint: the tree is a beginning of the one that was signed, and the book's last
 * event is in it. `undefined` where there is no such snapshot; throws `SnapshotUnusable` or
 * `Malformed` where there is one that does not fit.
 */
export async function treeStart(
  store: Store,
  ledger: string,
  keys: readonly VerifierKey[],
  checkpoint: OpenedCheckpoint,
): Promise<TreeStart | undefined> {
  const book = await snapshotWithin(store, ledger, keys, checkpoint.size);
  if (book === undefined) return undefined;
  const size = Number(book.head.revision) + 1;
  const edges = await edgesOf(store, ledger, size);
  const frontier = frontierOf(size, edges);
  const proof = await proveConsistency(store, ledger, size, checkpoint.size);
  if (!verifyConsistency(size, checkpoint.size, frontier.root(), checkpoint.root, proof)) {
    throw new Malformed(`the tiles of ${ledger} do not make the tree of ${size} events that was signed`);
  }
  await checkHead(store, ledger, book, checkpoint);
  return { book, frontier, edges };
}

async function snapshotWithin(
  store: Store,
  ledger: string,
  keys: readonly VerifierKey[],
  size: number,
): Promise<BookAt | undefined> {
  const reader = new SnapshotReader({ store, ledger, keys });
  const newest = await reader.segments();
  for (let segment = newest; segment > Math.max(newest - MAX_SNAPSHOTS, 0); segment -= 1) {
    const { head } = await reader.record(segment);
    if (head.revision < BigInt(size)) return reader.load(segment, { ids: true });
  }
  return undefined;
}

/** That the event whose hash the snapshot names is the one that was signed for. */
async function checkHead(
  store: Store,
  ledger: string,
  { head }: BookAt,
  { root, size }: OpenedCheckpoint,
): Promise<void> {
  const stored = await eventAt(store, ledgerStream(ledger), head.revision);
  const text = stored === undefined ? '' : eventText(ledger, stored);
  const index = Number(head.revision);
  const proof = await proveInclusion(store, ledger, index, size);
  if (sha256(text) === head.hash && verifyInclusion(index, size, leafHash(text), proof, root)) return;
  throw new SnapshotUnusable(`the snapshot of ${ledger} ends at an event that was not signed`);
}

/** Per level, the hashes that are in no full tile of a tree of this size. */
async function edgesOf(store: Store, ledger: string, size: number): Promise<Buffer[]> {
  const read = nodesOf(store, ledger, size);
  const edges: Buffer[] = [];
  for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
    const end = Math.floor(size / TILE_WIDTH ** level);
    const nodes: Buffer[] = [];
    for (let index = end - (end % TILE_WIDTH); index < end; index += 1) {
      nodes.push(await read(level * LEVELS_OF_TILE, index));
    }
    edges.push(Buffer.concat(nodes));
  }
  return edges;
}

/** The roots of the complete subtrees, the largest first: each is a run of one level's edge. */
function frontierOf(size: number, edges: readonly Buffer[]): MerkleFrontier {
  const hashes = edges.toReversed().flatMap((edge) => {
    const roots: string[] = [];
    let at = 0;
    for (let width = TILE_WIDTH / 2; width >= 1; width /= 2) {
      if (edge.length / HASH_BYTES - at < width) continue;
      roots.push(subtreeRoot(edge.subarray(at * HASH_BYTES, (at + width) * HASH_BYTES)).toString('hex'));
      at += width;
    }
    return roots;
  });
  return MerkleFrontier.fromJSON({ size, hashes });
}
