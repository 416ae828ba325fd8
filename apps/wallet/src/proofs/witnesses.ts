import { NotCosigned, type Witness } from '@florin/books';
import { commaList } from '@florin/configuration';
import { Malformed, VerifierKey } from '@florin/proofs';
import type { ServiceContext } from '@florin/service-host';
import { Counter, Gauge } from 'prom-client';
import { z } from 'zod';

const MAX_WITNESSES = 16;

/** Who co-signs the checkpoints. */
export const witnessConfig = {
  WITNESSES: commaList(
    z.string().refine((text) => parsed(text) !== undefined, {
      error: 'must be witnesses, each a public key (cosignature/v1), a space and an http(s) address',
    }),
  )
    .refine((list) => list.length <= MAX_WITNESSES, `must be ${MAX_WITNESSES} witnesses at most`)
    .refine((list) => new Set(list.map(keyIn)).size === list.length, 'must name each witness once')
    .optional()
    .meta({
      description:
        'Witnesses that co-sign the checkpoints, separated by commas: <public key> <address>, such as witness.example+1a2b3c4d+BA… https://witness.example',
    }),
};

/** The witnesses that the configuration names. */
export function witnessesOf({
  WITNESSES,
}: {
  readonly WITNESSES?: readonly string[] | undefined;
}): Witness[] {
  return (WITNESSES ?? []).flatMap((text) => parsed(text) ?? []);
}

function keyIn(text: string): string {
  return text.split(/\s+/)[0] as string;
}

function parsed(text: string): Witness | undefined {
  const [encoded = '', url = '', ...rest] = text.split(/\s+/);
  if (rest.length > 0 || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return undefined;
  try {
    const key = VerifierKey.parse(encoded);
    return key.algorithm === 'cosignature/v1' ? { url, keys: [key] } : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Told of what witnesses do; a witness that does not sign is no reason to say "not ready". */
export interface WitnessWatch {
  cosigned(ledger: string, witness: Witness, size: number): void;
  /** `witness` is `undefined` where the event store is what fails. */
  failed(ledger: string, witness: Witness | undefined, error: unknown, attempt: number): void;
}

/** Metrics, and a line of the log for whatever fails. */
export function watchWitnesses({
  logger,
  metrics,
}: Pick<ServiceContext, 'logger' | 'metrics'>): WitnessWatch {
  const answers = new Counter({
    name: 'witness_answers_total',
    help: 'What became of checkpoints that a witness was asked to co-sign',
    labelNames: ['ledger', 'witness', 'outcome'],
    registers: [metrics],
  });
  const sizes = new Gauge({
    name: 'witness_cosigned_events',
    help: 'How many events the newest checkpoint covers that a witness has co-signed',
    labelNames: ['ledger', 'witness'],
    registers: [metrics],
  });
  return {
    cosigned(ledger, one, size) {
      answers.inc({ ledger, witness: nameOf(one), outcome: 'signed' });
      sizes.set({ ledger, witness: nameOf(one) }, size);
    },
    failed(ledger, one, error, attempt) {
      const witness = one === undefined ? undefined : nameOf(one);
      const outcome = error instanceof NotCosigned ? error.code : 'failed';
      if (witness !== undefined) answers.inc({ ledger, witness, outcome });
      const line = { ledger, witness, outcome, attempt, err: error };
      // It has seen another history, or this book was written anew: somebody has to look.
      if (outcome === 'inconsistent') logger.error(line, 'a witness refuses the book as inconsistent');
      else logger.warn(line, 'a checkpoint was not co-signed yet');
    },
  };
}

function nameOf({ keys }: Witness): string {
  return keys.map(({ id, name }) => `${name}+${id}`).join();
}
