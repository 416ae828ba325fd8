import { integerText } from '@florin/configuration';
import { frozenSchema, marketSchema } from '@florin/contracts';
import { pageFields, pageOf } from '@florin/service-host';
import { z } from 'zod';
import type { HistoryItem, WalletBalance } from './balance.queries.js';

const signedMoney = z.strictObject({ value: z.int(), currency: z.string() }).meta({
  description: 'Signed minor units: positive raises the balance',
  examples: [{ value: 3750, currency: 'EUR' }],
});

export const walletSchema = z
  .strictObject({
    ledger: z.string(),
    account: z.string(),
    balance: signedMoney,
    available: signedMoney.meta({ description: 'The balance without what is set aside, in minor units' }),
    frozen: frozenSchema
      .nullable()
      .meta({ description: 'Which way no money may go at present, if any: `in`, `out` or `both`' }),
    closed: z.boolean().meta({ description: 'Whether the wallet was closed, for good' }),
    revision: z.int().meta({ description: 'The ledger revision at which the balance is true' }),
  })
  .meta({ id: 'Wallet' });

export const walletListSchema = z.strictObject({ items: z.array(walletSchema) }).meta({ id: 'WalletList' });

export const marketQuerySchema = z.strictObject({ market: marketSchema.optional() });

export const historyQuerySchema = z.strictObject({
  market: marketSchema.optional(),
  ...pageFields(integerText(0, Number.MAX_SAFE_INTEGER)),
});

const historyItemSchema = z.strictObject({
  revision: z.int(),
  entryId: z.uuid(),
  kind: z.string(),
  reference: z.string().meta({ description: "What it was for: a payment's id for payments" }),
  amount: signedMoney,
  balanceAfter: signedMoney,
  recordedAt: z.iso.datetime(),
});

export const historyPageSchema = pageOf(historyItemSchema).meta({ id: 'HistoryPage' });

export function toWalletDto(wallet: WalletBalance): z.infer<typeof walletSchema> {
  return {
    ledger: wallet.ledger,
    account: wallet.account,
    balance: { value: Number(wallet.balanceMinor), currency: wallet.currency },
    available: { value: Number(wallet.balanceMinor - wallet.heldMinor), currency: wallet.currency },
    frozen: wallet.frozen,
    closed: wallet.closed,
    revision: Number(wallet.revision),
  };
}

export function toHistoryItem(item: HistoryItem, currency: string): z.infer<typeof historyItemSchema> {
  return {
    revision: Number(item.revision),
    entryId: item.entryId,
    kind: item.kind,
    reference: item.reference,
    amount: { value: Number(item.amountMinor), currency },
    balanceAfter: { value: Number(item.balanceAfterMinor), currency },
    recordedAt: item.recordedAt.toISOString(),
  };
}
