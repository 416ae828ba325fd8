import type { Point } from '@florin/books';
import { integerText } from '@florin/configuration';
import {
  accountClassSchema,
  accountIdSchema,
  chartSchema,
  currencyOrAssetSchema,
  ledgerIdSchema,
  marketSchema,
} from '@florin/contracts';
import { amountToWire, type TrialBalance } from '@florin/ledger';
import { pageOf } from '@florin/service-host';
import { z } from 'zod';
import { maxAccounts, type Moment, type PastBalance, type PastQueries } from './past.queries.js';

const revision = integerText(0, Number.MAX_SAFE_INTEGER);
const instant = z.iso.datetime({ offset: true });

const pointSchema = z
  .string()
  .max(40)
  .transform((text, context): Point => {
    const number = revision.safeParse(text);
    if (number.success) return { revision: BigInt(number.data) };
    if (instant.safeParse(text).success) return { atMs: Date.parse(text) };
    const message = 'must be a revision such as 1108, or an instant such as 2026-10-31T23:00:00Z';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .optional()
  .meta({
    description: 'After which revision (1108), or at which instant (2026-10-31T23:00:00Z); now unless told',
  });

const limit = integerText(1, maxAccounts);

export const balancesQuerySchema = z.strictObject({
  at: pointSchema,
  market: marketSchema.optional(),
  account: accountIdSchema.optional().meta({ description: 'One of your own; all of them unless told' }),
  cursor: accountIdSchema.optional().describe('The nextCursor of the page before'),
  limit: limit.default(maxAccounts),
});

export const bookParamsSchema = z.strictObject({ ledger: ledgerIdSchema });

export const trialBalanceQuerySchema = z.strictObject({
  at: pointSchema,
  currency: currencyOrAssetSchema
    .optional()
    .meta({ description: "The book's own unless told, or the code of an asset issued in it" }),
});

const momentFields = {
  ledger: z.string(),
  revision: z.int().meta({ description: 'The ledger revision after which this is true' }),
  recordedAt: z.iso.datetime().meta({ description: 'When that revision was recorded' }),
  provisional: z.boolean().meta({
    description: 'Whether more may be recorded up to that instant: it is a minute ago at most',
  }),
};

/** Over all accounts of a kind: it may pass what JSON readers keep exact. */
const sumText = z.string().regex(/^-?[0-9]+$/);
const minor = sumText.meta({ description: 'Minor units, as decimal text', examples: ['20000'] });
const balance = sumText.meta({
  description: 'Minor units, positive on the natural side, as decimal text',
  examples: ['20000'],
});

export const balancesSchema = pageOf(
  z.strictObject({
    account: z.string(),
    class: accountClassSchema.meta({
      description:
        'What is owed to you is a liability; the supply of an asset that you have issued is an asset, and not yours',
    }),
    balance: z.strictObject({ value: z.int(), currency: z.string() }).meta({
      description: 'Minor units of the currency, or of the asset',
      examples: [{ value: 3750, currency: 'EUR' }],
    }),
  }),
)
  .extend(momentFields)
  .meta({ id: 'Balances' });

const sums = { accounts: z.int(), debits: minor, credits: minor };
const rowFields = { class: accountClassSchema, ...sums, balance };

export const trialBalanceSchema = z
  .strictObject({
    ...momentFields,
    hash: z.string().meta({ description: 'Hash of the chain at that revision' }),
    currency: z.string(),
    ...sums,
    difference: z.int().meta({ description: 'Debits less credits: zero, or the book is wrong' }),
    classes: z.array(z.strictObject(rowFields)),
    charts: z.array(z.strictObject({ chart: chartSchema, ...rowFields })),
  })
  .meta({ id: 'TrialBalance' });

type BalancesAnswer = Awaited<ReturnType<PastQueries['balances']>>;
type TrialBalanceAnswer = Awaited<ReturnType<PastQueries['trialBalance']>>;

export function toBalances({ moment, items, nextCursor }: BalancesAnswer): z.infer<typeof balancesSchema> {
  return { ...momentOf(moment), items: items.map(balanceOf), nextCursor };
}

export function toTrialBalance({
  moment,
  head,
  sums: { currency, accounts, byChart, byClass, ...amounts },
}: TrialBalanceAnswer): z.infer<typeof trialBalanceSchema> {
  return {
    ...momentOf(moment),
    ...{ hash: head.hash, currency, accounts },
    debits: amounts.debits.toString(),
    credits: amounts.credits.toString(),
    difference: amountToWire(amounts.difference),
    classes: byClass.map(rowOf),
    charts: byChart.map((row) => ({ chart: row.chart, ...rowOf(row) })),
  };
}

function momentOf({ ledger, provisional, recordedAt, ...moment }: Moment) {
  return {
    ...{ ledger, revision: Number(moment.revision), recordedAt: recordedAt.toISOString(), provisional },
  };
}

function balanceOf({ account, balanceMinor, class: accountClass, currency }: PastBalance) {
  return { account, class: accountClass, balance: { value: amountToWire(balanceMinor), currency } };
}

function rowOf(row: TrialBalance['byClass'][number]) {
  return {
    ...{ class: row.class, accounts: row.accounts },
    debits: row.debits.toString(),
    credits: row.credits.toString(),
    balance: row.balance.toString(),
  };
}
