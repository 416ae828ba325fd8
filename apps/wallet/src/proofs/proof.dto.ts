import { type KeyUse, type StoredCheckpoint } from '@florin/books';
import { integerText } from '@florin/configuration';
import { accountIdSchema, ledgerIdSchema } from '@florin/contracts';
import { pageFields, pageOf } from '@florin/service-host';
import { z } from 'zod';
import type { PublicKeys } from './signing.js';

export const ledgerParamsSchema = z.strictObject({ ledger: ledgerIdSchema });

export const entryParamsSchema = z.strictObject({ ledger: ledgerIdSchema, entryId: z.uuid() });

const position = () => integerText(0, Number.MAX_SAFE_INTEGER);

export const checkpointsQuerySchema = z.strictObject(pageFields(position()));

export const consistencyQuerySchema = z
  .strictObject({
    from: position().describe('Size of the smaller tree'),
    to: position().optional().describe('Size of the larger one; that of the newest checkpoint unless told'),
  })
  .refine(({ from, to }) => to === undefined || from <= to, {
    path: ['to'],
    error: 'must not be smaller than from',
  });

export const liabilityQuerySchema = z.strictObject({
  account: accountIdSchema.optional().describe('One of my accounts in the ledger; my wallet unless told'),
  size: position()
    .optional()
    .describe('Size of a checkpoint that says what is owed; the newest of them unless told'),
});

const size = z.int().nonnegative();

const ledgerKeySchema = z.strictObject({
  id: z.string(),
  key: z.string().meta({ description: 'Public key (C2SP signed-note verifier key)' }),
  current: z.boolean().meta({ description: 'Whether it signs now' }),
  signed: z
    .strictObject({ from: size, to: size })
    .nullable()
    .meta({ description: 'Sizes of the first and of the last checkpoint that it signed; null: none yet' }),
});

export const ledgerKeysSchema = z
  .strictObject({ ledger: z.string(), origin: z.string(), items: z.array(ledgerKeySchema) })
  .meta({ id: 'LedgerKeys' });

const checkpointSchema = z.strictObject({
  number: z.int().nonnegative().meta({ description: "Place among the book's checkpoints" }),
  size,
  note: z.string().meta({ description: 'The signed note (C2SP tlog-checkpoint)' }),
});

export const checkpointPageSchema = pageOf(checkpointSchema).meta({ id: 'CheckpointPage' });

export const consistencySchema = z
  .strictObject({
    ledger: z.string(),
    from: size,
    to: size,
    proof: z.array(z.base64()).meta({ description: 'Hashes of RFC 9162, section 2.1.4, in base64' }),
  })
  .meta({ id: 'Consistency' });

export function toLedgerKeys(
  ledger: string,
  keys: PublicKeys,
  uses: readonly KeyUse[],
): z.infer<typeof ledgerKeysSchema> {
  const [current] = keys;
  const items = keys.map((key) => {
    const use = uses.find(({ keyId }) => keyId === key.id);
    const signed = use === undefined ? null : { from: use.from, to: use.to };
    return { id: key.id, key: key.toString(), current: key === current, signed };
  });
  return { ledger, origin: current.name, items };
}

export function toCheckpointDto({
  number,
  size: covers,
  note,
}: StoredCheckpoint): z.infer<typeof checkpointSchema> {
  return { number, size: covers, note };
}
