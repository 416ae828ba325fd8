import type { LedgerState } from '@florin/ledger';
import { SumTree } from '@florin/proofs';
import { hkdfSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { liabilitiesOf } from './owed.js';

const SECRET_BYTES = 32;

/**
 * The secret of the tree over the first `size` events of a book (HKDF-SHA-256 of the installation's): another one for each
 * tree, so that nobody is followed from tree to tree, and the same for whoever builds it again.
 */
export function treeSecret(secret: string, ledger: string, size: number): Buffer {
  return Buffer.from(
    hkdfSync('sha256', secret, '', `florin liabilities 1\n${ledger}\n${size}`, SECRET_BYTES),
  );
}

/**
 * The tree over what a book owes its users; the book must not change meanwhile. It takes some 7 µs of CPU per account and gives
 * way for as long as it works, in slices of some milliseconds. Rejects with a RangeError where there is more than a tree takes,
 * and with an AbortError when it is stopped.
 */
export function liabilitiesTree(state: LedgerState, secret: string, signal?: AbortSignal): Promise<SumTree> {
  let began = performance.now();
  const giveWay = async (): Promise<void> => {
    await sleep(performance.now() - began, undefined, signal && { signal });
    began = performance.now();
  };
  const size = Number(state.revision) + 1;
  return SumTree.inSlices(liabilitiesOf(state), treeSecret(secret, state.ledger, size), giveWay);
}
