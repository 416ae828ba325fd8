import { eventAt, type EventStore } from '@florin/event-store';
import { ledgerStream } from '@florin/contracts';
import { leafHash, Malformed, NoteUnverified, verifyInclusion, type VerifierKey } from '@florin/proofs';
import { z } from 'zod';
import { openCheckpoint, type StoredCheckpoint } from './checkpoints.js';
import { eventText } from './nodes.js';
import { proveInclusion } from './prove.js';

const hash = z.base64().meta({ description: '32 bytes in base64' });

/** That an event is in a book as it was signed: all that somebody needs who has nothing but the public key. */
export const eventProofSchema = z
  .strictObject({
    ledger: z.string(),
    revision: z.int().nonnegative(),
    event: z
      .string()
      .meta({ description: 'The event, in the form (RFC 8785) that its hashes are taken over' }),
    leafHash: hash.meta({ description: 'SHA-256(0x00 ‖ event), base64' }),
    index: z.int().nonnegative().meta({ description: 'Which leaf of the tree the event is: its revision' }),
    size: z.int().positive().meta({ description: 'Number of leaves that the checkpoint covers' }),
    proof: z.array(hash).max(64).meta({ description: 'Audit path of RFC 9162, from the leaf upwards' }),
    checkpoint: z.string().meta({ description: 'The signed note (C2SP tlog-checkpoint)' }),
    keys: z.array(z.string()).max(100).meta({ description: "The book's public keys (C2SP signed-note)" }),
  })
  .meta({ id: 'EventProof' });

export type EventProof = z.output<typeof eventProofSchema>;

/**
 * Proves that the event at `revision` is among those that a checkpoint covers. Throws a RangeError where it is not, and
 * `Malformed` where the event store does not have what it takes.
 */
export async function eventProof(
  store: Pick<EventStore, 'read'>,
  ledger: string,
  revision: number,
  checkpoint: Pick<StoredCheckpoint, 'note' | 'size'>,
  keys: readonly VerifierKey[],
): Promise<EventProof> {
  const { note, size } = checkpoint;
  const [proof, stored] = await Promise.all([
    proveInclusion(store, ledger, revision, size),
    eventAt(store, ledgerStream(ledger), BigInt(revision)),
  ]);
  if (stored === undefined) throw new Malformed(`the log of ${ledger} has no revision ${revision}`);
  const event = eventText(ledger, stored);
  const made: EventProof = {
    ...{ ledger, revision, event, leafHash: leafHash(event).toString('base64'), index: revision, size },
    ...{ proof: proof.map((node) => node.toString('base64')), checkpoint: note },
    keys: keys.map((key) => key.toString()),
  };
  const fault = eventProofFault(made, keys);
  if (fault !== undefined)
    throw new Malformed(`revision ${revision} of ${ledger} cannot be proved: ${fault}`);
  return made;
}

const textSchema = z.looseObject({ ledger: z.string(), revision: z.int() });

/**
 * What is wrong with a proof, as a sentence, or `undefined` when it holds: one of `keys` has signed a head of the book that
 * covers exactly this event at this place. The keys that the proof itself names are not believed.
 */
export function eventProofFault(proof: EventProof, keys: readonly VerifierKey[]): string | undefined {
  try {
    const { root, size } = openCheckpoint(proof.checkpoint, proof.ledger, keys);
    if (size !== proof.size) return `the checkpoint covers ${size} events, not ${proof.size}`;
    const { ledger, revision } = textSchema.parse(JSON.parse(proof.event));
    if (ledger !== proof.ledger || revision !== proof.revision || revision !== proof.index) {
      return `the event is revision ${revision} of ${ledger}, not ${proof.revision} of ${proof.ledger}`;
    }
    const leaf = leafHash(proof.event);
    if (leaf.toString('base64') !== proof.leafHash) return 'the leaf hash is not that of the event';
    const path = proof.proof.map((node) => Buffer.from(node, 'base64'));
    return verifyInclusion(proof.index, size, leaf, path, root)
      ? undefined
      : 'the path does not lead to the signed root';
  } catch (error) {
    if (error instanceof Malformed || error instanceof NoteUnverified) return error.message;
    if (error instanceof SyntaxError || error instanceof z.ZodError) return 'the event is not one of a book';
    throw error;
  }
}
