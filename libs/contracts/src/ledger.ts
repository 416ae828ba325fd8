import { z } from 'zod';
import { ledgerIdSchema, walletAccount } from './markets.js';

export const accountIdSchema = z.string().regex(/^[a-z]+:[a-z0-9-]{1,64}$/);

/** Signed minor units: debits positive, credits negative; the postings of an entry sum to zero. */
export const postingSchema = z.object({
  account: accountIdSchema,
  amount: z.int().meta({ description: 'Minor units: a debit is positive, a credit negative' }),
});
export type PostingDto = z.infer<typeof postingSchema>;

/** What an entry is for. `reference` of a `p2p` entry is the payment's id. */
export const entryKindSchema = z.enum([
  'p2p',
  'test-funding',
  'order',
  'issue',
  'redeem',
  'reserve',
  'reversal',
]);

/** What money is set aside for. */
export const holdKindSchema = z.enum(['order']);

/** What a refusal can be about: an entry, a hold, or another command. */
export const refusedKindSchema = z.enum([
  ...entryKindSchema.options,
  'hold-extension',
  'hold-release',
  'freeze',
  'unfreeze',
  'account-close',
  'period-close',
  'asset',
]);

/** Which side of an account makes it larger: debits for assets and expenses, credits for the others. */
export const accountClassSchema = z.enum(['asset', 'liability', 'equity', 'income', 'expense']);

export const chartSchema = z
  .string()
  .regex(/^[0-9]{4}$/)
  .meta({ description: 'Number in the chart of accounts, such as 2010: what people have in their wallets' });

/** An ISO 4217 code, or the longer code of an asset issued in a book. */
export const currencyOrAssetSchema = z.string().regex(/^[A-Z][A-Z0-9]{2,11}$/);

const ofAccountToOpen = {
  account: accountIdSchema,
  owner: z.uuid().nullable().meta({ description: "Whose it is; null for the platform's own" }),
  class: accountClassSchema,
  chart: chartSchema,
  currency: currencyOrAssetSchema
    .optional()
    .meta({ description: "The book's currency unless told, or the code of an asset issued in it" }),
  floor: z.int().nonpositive().nullable().meta({
    description: 'Least balance on the side of its class, in minor units; null: none',
  }),
};

/** An account to open at zero. Opening it again on the same terms changes nothing; on others it is refused. */
export const accountToOpenSchema = z.object(ofAccountToOpen).check(openingCheck);
export type AccountToOpenDto = z.infer<typeof accountToOpenSchema>;

/** The same with the book that it is to be in. */
export const openingSchema = z.object({ ledger: ledgerIdSchema, ...ofAccountToOpen }).check(openingCheck);

/** Accounts that the books themselves rely on cannot be opened on other terms than theirs. A check of a schema. */
export function openingCheck({ value, issues }: z.core.ParsePayload<AccountToOpenDto>): void {
  const message = openingFault(value);
  if (message !== undefined)
    issues.push({ code: 'custom', message, path: ['account'], input: value.account });
}

function openingFault({ account, owner, class: accountClass, chart, currency, floor }: AccountToOpenDto) {
  if (account.startsWith('supply:')) return 'is opened with its asset, by itself';
  if (account.startsWith('source:')) return 'is opened where test money is switched on, by itself';
  // A code of three letters is a currency's; a book is never asked for units in another than its own.
  if (currency !== undefined && currency.length > 3 && (accountClass !== 'liability' || floor !== 0))
    return "must be a liability with a floor of 0 to have an asset's units";
  if (!account.startsWith('wallet:')) return undefined;
  const isWallet = owner !== null && account === walletAccount(owner) && currency === undefined;
  if (isWallet && accountClass === 'liability' && chart === '2010' && floor === 0) return undefined;
  return "must be wallet:<its owner>, a liability of chart 2010 in the book's currency with a floor of 0";
}

/** Which way no money may go. */
export const frozenSchema = z.enum(['in', 'out', 'both']);
export type FrozenDto = z.infer<typeof frozenSchema>;

/** What an entry may say of itself beside its reference. */
export const metadataKeySchema = z.enum([
  'channel',
  'disputeId',
  'orderId',
  'paymentId',
  'payoutId',
  'reason',
]);

/** Opaque ids and codes: nothing that names a person. */
export const metadataSchema = z
  .partialRecord(metadataKeySchema, z.string().regex(/^[\x21-\x7e]{1,64}$/))
  .meta({ description: `Opaque ids and codes: ${metadataKeySchema.options.join(', ')}` });

/** The hold that an entry takes its money from. */
export const captureSchema = z
  .object({
    holdId: z.uuid(),
    final: z.boolean().meta({ description: 'Whether the hold ends with it, whatever is left of it' }),
  })
  .meta({ description: 'The hold that the money comes out of' });

/** What an issued asset is; its code is never one of ISO 4217. */
export const assetFields = {
  code: z.string().regex(/^[A-Z][A-Z0-9]{3,11}$/),
  scale: z.int().min(0).max(9).meta({ description: 'Decimal places of one unit' }),
  issuer: z.uuid().meta({ description: 'Id of who issues it' }),
  reserve: accountIdSchema.meta({
    description: "Account in the book's currency that backs it, and it alone",
  }),
  backing: z
    .int()
    .positive()
    .meta({ description: 'Minor units of the asset that one minor unit of the reserve backs' }),
};

/** Why a book refused an entry; the refusal is final for that entry id. */
export const rejectionCodeSchema = z.enum([
  'insufficient_funds',
  'account_unknown',
  'currency_mismatch',
  'entry_invalid',
  'account_frozen',
  'account_closed',
  'account_not_empty',
  'hold_unknown',
  'hold_expired',
  'hold_exceeded',
  'period_closed',
  'period_invalid',
  'entry_unknown',
  'entry_reversed',
  'asset_invalid',
  'reserve_exceeded',
]);
export type RejectionCodeDto = z.infer<typeof rejectionCodeSchema>;

/** The id that the outcome of a command is recorded under, in what the command says and in what is published of it. */
export function outcomeIdIn(data: object): string | undefined {
  const { entryId, commandId, holdId } = data as { entryId?: string; commandId?: string; holdId?: string };
  return entryId ?? commandId ?? holdId;
}
