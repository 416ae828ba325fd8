import {
  accountIdSchema,
  currencyOrAssetSchema,
  entryKindSchema,
  ledgerIdSchema,
  metadataSchema,
  rejectionCodeSchema,
} from '@florin/contracts';
import type { PostEntry } from '@florin/ledger';
import { z } from 'zod';

export const maxBatch = 1_000;

export const idSchema = z.uuidv7().meta({
  description:
    'UUIDv7 of yours: what is asked under it is done once. Made within 7 days, and 5 minutes ahead at most',
});
export const accountSchema = accountIdSchema.max(80);
export const amountSchema = z.int().positive().meta({ description: 'Minor units' });
export const currencySchema = currencyOrAssetSchema.meta({
  description: "The ledger's currency, or the code of an asset issued in it",
});
export const referenceSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,64}$/)
  .meta({ description: 'Opaque id of what it is for: nothing that names a person' });
/** Units are issued, redeemed and covered by operators: a transfer is none of it. */
export const kindSchema = entryKindSchema.exclude(['reversal', 'issue', 'redeem', 'reserve']).default('p2p');
const sideSchema = accountSchema.refine((account) => !account.startsWith('supply:'), {
  error: 'is the supply of an asset: units are issued and redeemed by operators',
});
export const entryMetadataSchema = metadataSchema.refine((fields) => Object.keys(fields).length > 0, {
  error: 'must say something, or be left out',
});

export const transferFields = {
  id: idSchema,
  from: sideSchema.meta({ description: 'Debited: less in a wallet' }),
  to: sideSchema.meta({ description: 'Credited: more in a wallet' }),
  amount: amountSchema,
  currency: currencySchema,
  kind: kindSchema,
  reference: referenceSchema,
  metadata: entryMetadataSchema.optional(),
};
const transferSchema = z.strictObject(transferFields);

const pizza = {
  id: '01a1fdfa-4610-7000-8000-0000000e0001',
  from: 'wallet:01a1fdfa-4600-7000-8000-00000000a44a',
  to: 'wallet:01a1fdfa-4600-7000-8000-00000000b4b0',
  ...{ amount: 1250, currency: 'EUR', kind: 'p2p', reference: 'order-2026-117' },
};

export const transferBodySchema = z
  .strictObject({ ledger: ledgerIdSchema, ...transferFields })
  .meta({ id: 'PostTransfer', examples: [{ ledger: 'it-eur', ...pizza }] });

export const transferBatchBodySchema = z
  .strictObject({
    ledger: ledgerIdSchema,
    atomic: z.boolean().default(false).meta({ description: 'Whether all are done or none' }),
    transfers: z.array(transferSchema).min(1).max(maxBatch),
  })
  .meta({ id: 'PostTransfers', examples: [{ ledger: 'it-eur', atomic: true, transfers: [pizza] }] });

export type TransferDto = z.output<typeof transferSchema>;

const balanceAfter = z.strictObject({
  account: z.string(),
  balance: z.int().meta({ description: 'Right after it, in minor units, positive as the account grows' }),
});

const revision = z.int().meta({ description: 'Place in the ledger' });

export const transferDoneSchema = z
  .strictObject({
    ...{ id: z.uuid(), ledger: z.string(), revision, amount: z.int(), currency: z.string() },
    ...{ from: balanceAfter, to: balanceAfter },
  })
  .meta({ id: 'Transfer' });

export const transferDoneExample = {
  ...{ id: pizza.id, ledger: 'it-eur', revision: 42, amount: pizza.amount, currency: pizza.currency },
  from: { account: pizza.from, balance: 3_750 },
  to: { account: pizza.to, balance: 1_250 },
};

/** Why a command had no effect: what the ledger records, or cannot even record. */
export const refusalCodeSchema = z.enum([
  ...rejectionCodeSchema.options,
  'entry_id_invalid',
  'entry_id_expired',
  'command_invalid',
  'test_money_off',
]);

export const batchDoneSchema = z
  .strictObject({
    ledger: z.string(),
    posted: z.int().meta({ description: 'How many of them are done, now or before' }),
    outcomes: z.array(
      z.union([
        z.strictObject({
          ...{ id: z.uuid(), outcome: z.literal('posted'), again: z.boolean(), revision },
          ...{ from: balanceAfter, to: balanceAfter },
        }),
        z.strictObject({ id: z.uuid(), outcome: z.literal('refused'), code: refusalCodeSchema }),
        z.strictObject({ id: z.uuid(), outcome: z.literal('id-reused') }),
      ]),
    ),
  })
  .meta({ id: 'TransferBatch' });

/** The ledger's own form of a transfer. */
export function toPostEntry({
  id,
  from,
  to,
  amount,
  currency,
  kind,
  reference,
  metadata,
}: TransferDto): PostEntry {
  const minor = BigInt(amount);
  return {
    type: 'PostEntry',
    entryId: id,
    kind,
    currency,
    postings: [
      { account: from, amount: minor },
      { account: to, amount: -minor },
    ],
    reference,
    ...(metadata && { metadata }),
  };
}
