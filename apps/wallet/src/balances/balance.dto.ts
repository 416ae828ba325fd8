import { marketSchema } from '@florin/contracts';
import { integerText } from '@florin/service-host';
import { z } from 'zod';
import type { HistoryItem, WalletBalance } from './balance.queries.js';

const signedMoney = z
  .strictObject({ value: z.int(), currency: z.string() })
  .meta({ description: 'Signed minor units: positive raises the balance' });

export const walletSchema = z
  .strictObject({
    ledger: z.string(),
    account: z.string(),
    balance: signedMoney,
    revision: z.int().meta({ description: 'The ledger revision at which the balance is true' }),
  })
  .meta({ id: 'Wallet' });

export const walletListSchema = z.strictObject({ items: z.array(walletSchema) }).meta({ id: 'WalletList' });

export const marketQuerySchema = z.strictObject({ market: marketSchema.optional() });

export const historyQuerySchema = z.strictObject({
  market: marketSchema.optional(),
  limit: integerText(1, 100).default(20),
  before: integerText(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: '`next` of the page before' }),
});

export const historyPageSchema = z
  .strictObject({
    items: z.array(
      z.strictObject({
        revision: z.int(),
        entryId: z.uuid(),
        kind: z.string(),
        reference: z.string().meta({ description: "What it was for: a payment's id for payments" }),
        amount: signedMoney,
        balanceAfter: signedMoney,
        recordedAt: z.iso.datetime(),
      }),
    ),
    next: z.int().nullable(),
  })
  .meta({ id: 'HistoryPage' });

export function toWalletDto(wallet: WalletBalance): z.infer<typeof walletSchema> {
  return {
    ledger: wallet.ledger,
    account: wallet.account,
    balance: { value: Number(wallet.balanceMinor), currency: wallet.currency },
    revision: Number(wallet.revision),
  };
}

export function toHistoryPage(
  items: HistoryItem[],
  limit: number,
  currency: string,
): z.infer<typeof historyPageSchema> {
  return {
    items: items.map((item) => ({
      revision: Number(item.revision),
      entryId: item.entryId,
      kind: item.kind,
      reference: item.reference,
      amount: { value: Number(item.amountMinor), currency },
      balanceAfter: { value: Number(item.balanceAfterMinor), currency },
      recordedAt: item.recordedAt.toISOString(),
    })),
    next: items.length === limit ? Number(items.at(-1)?.revision) : null,
  };
}
