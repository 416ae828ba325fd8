import {
  liabilityProofFromJson,
  liabilityProofToJson,
  Malformed,
  NoteUnverified,
  verifyLiability,
  type LiabilitiesHead,
  type LiabilityProof,
  type VerifierKey,
} from '@florin/proofs';
import { z } from 'zod';
import { openCheckpoint, type StoredCheckpoint } from '../notary/checkpoints.js';

const hash = z.base64().meta({ description: '32 bytes in base64' });
const amount = z.string().regex(/^\d{1,19}$/);
/** Levels of a tree at most. */
const MAX_SIBLINGS = 24;

/** That a balance is in what the platform owes, as it was signed: all that its holder needs beside the public key. */
export const liabilityDocumentSchema = z
  .strictObject({
    ledger: z.string(),
    size: z.int().positive().meta({ description: 'Number of events that the checkpoint covers' }),
    proof: z.strictObject({
      account: z.string(),
      balance: amount.meta({ description: 'What is owed, in minor units; 0 for a balance below zero' }),
      salt: hash.meta({ description: 'Keep it to yourself: with it others can tell which leaf is yours' }),
      index: z.int().nonnegative().meta({ description: 'Which leaf of the tree the account is' }),
      siblings: z
        .array(z.strictObject({ hash, sum: amount }))
        .max(MAX_SIBLINGS)
        .meta({ description: 'The neighbours on the way to the root, from the leaf upwards' }),
    }),
    checkpoint: z.string().meta({ description: 'The signed note (C2SP tlog-checkpoint)' }),
    keys: z.array(z.string()).max(100).meta({ description: "The book's public keys (C2SP signed-note)" }),
  })
  .meta({ id: 'LiabilityProof' });

export type LiabilityDocument = z.output<typeof liabilityDocumentSchema>;

/** A proof with what it takes to verify it. */
export function liabilityDocument(
  ledger: string,
  { note, size }: Pick<StoredCheckpoint, 'note' | 'size'>,
  proof: LiabilityProof,
  keys: readonly VerifierKey[],
): LiabilityDocument {
  const { siblings, ...leaf } = liabilityProofToJson(proof);
  return {
    ...{ ledger, size, proof: { ...leaf, siblings: [...siblings] }, checkpoint: note },
    keys: keys.map((key) => key.toString()),
  };
}

/**
 * What is wrong with a proof, as a sentence, or what the checkpoint says when it holds: one of `keys` has signed a head of the
 * book whose total has exactly this balance of this account in it. The keys that the proof itself names are not believed.
 */
export function checkLiability(
  { checkpoint, ledger, proof, size }: LiabilityDocument,
  keys: readonly VerifierKey[],
): string | LiabilitiesHead {
  try {
    const { head, size: covers } = openCheckpoint(checkpoint, ledger, keys);
    if (covers !== size) return `the checkpoint covers ${covers} events, not ${size}`;
    if (head.liabilities === undefined) return 'the checkpoint does not say what is owed';
    const holds = verifyLiability(liabilityProofFromJson(proof), head.liabilities);
    return holds ? head.liabilities : 'the way from the balance does not lead to the signed root and total';
  } catch (error) {
    if (error instanceof Malformed || error instanceof NoteUnverified) return error.message;
    throw error;
  }
}
