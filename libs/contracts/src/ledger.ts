import { z } from 'zod';
import { defineEvent } from './cloud-event.js';
import { ledgerIdSchema } from './markets.js';
import { topics } from './topics.js';

export const accountIdSchema = z.string().regex(/^[a-z]+:[a-z0-9-]{1,64}$/);

/** Signed minor units: debits positive, credits negative; the postings of an entry sum to zero. */
export const postingSchema = z.object({
  account: accountIdSchema,
  amount: z.int().meta({ description: 'Minor units: a debit is positive, a credit negative' }),
});
export type PostingDto = z.infer<typeof postingSchema>;

/** What an entry is for. `reference` of a `p2p` entry is the payment's id. */
export const entryKindSchema = z.enum(['p2p', 'test-funding', 'reversal']);

/** Which side of an account makes it larger: debits for assets and expenses, credits for the others. */
export const accountClassSchema = z.enum(['asset', 'liability', 'equity', 'income', 'expense']);

const revision = z
  .int()
  .nonnegative()
  .meta({ description: 'Place in the book, without gaps; revision 0 creates the book and is not published' });

const reference = "The payment's id for p2p, the entry's own id for test-funding, the case's for reversal";

const anna = 'wallet:01a1fdfa-4600-7000-8000-00000000a44a';
const bruno = 'wallet:01a1fdfa-4600-7000-8000-00000000b4b0';
const ledger = 'it-eur';
const source = '/ledgers/it-eur';
const pizza = {
  ledger,
  entryId: '01a1fdfa-4610-7000-8000-0000000e0001',
  kind: 'p2p' as const,
  reference: '01a1fdfa-4610-7000-8000-0000000009a1',
};
const postings = [
  { account: anna, amount: 1250 },
  { account: bruno, amount: -1250 },
];

export const openAccount = defineEvent({
  type: 'com.florin.ledger.open-account.v1',
  topic: topics.ledgerCommands.name,
  description: 'Command: open a wallet account in a book.',
  data: z.object({ ledger: ledgerIdSchema, account: accountIdSchema, owner: z.uuid() }),
  subject: (data) => `account/${data.account}`,
  key: (data) => data.ledger,
  example: {
    id: '01a1fdfa-4601-7000-8000-000000000001',
    source: '/wallet',
    data: { ledger, account: anna, owner: anna.slice('wallet:'.length) },
  },
});

export const postEntry = defineEvent({
  type: 'com.florin.ledger.post-entry.v1',
  topic: topics.ledgerCommands.name,
  description:
    'Command: post one balanced entry. The outcome is recorded once under its entry id (a UUIDv7).',
  data: z.object({
    ledger: ledgerIdSchema,
    entryId: z.uuidv7(),
    kind: entryKindSchema,
    currency: z.string(),
    postings: z.array(postingSchema).min(2).max(100),
    reference: z.string().max(64),
  }),
  subject: (data) => `entry/${data.entryId}`,
  key: (data) => data.ledger,
  example: {
    id: '01a1fdfa-4614-7000-8000-000000000009',
    source: '/payments',
    data: { ...pizza, currency: 'EUR', postings },
  },
});

export const accountOpened = defineEvent({
  type: 'com.florin.ledger.account-opened.v1',
  topic: topics.ledgerEntries.name,
  description: 'A book opened an account.',
  untraced: 'always',
  data: z.object({
    ledger: ledgerIdSchema,
    revision,
    account: accountIdSchema,
    owner: z.uuid().nullable().meta({ description: "Person id; null for the platform's own accounts" }),
    class: accountClassSchema.meta({
      description: 'The natural balance is the negative sum of postings unless asset or expense',
    }),
    currency: z.string(),
  }),
  subject: (data) => `account/${data.account}`,
  key: (data) => data.ledger,
  example: {
    id: '4bf92f35-77b3-8da6-a3ce-929d0e0e4736',
    source,
    data: {
      ledger,
      revision: 3,
      account: bruno,
      owner: bruno.slice('wallet:'.length),
      class: 'liability',
      currency: 'EUR',
    },
  },
});

export const entryPosted = defineEvent({
  type: 'com.florin.ledger.entry-posted.v1',
  topic: topics.ledgerEntries.name,
  description: 'A book recorded a balanced entry: money moved.',
  untraced: 'after a restart',
  data: z.object({
    ledger: ledgerIdSchema,
    revision,
    entryId: z.uuid(),
    kind: entryKindSchema,
    currency: z.string(),
    postings: z.array(postingSchema).min(2),
    reference: z.string().meta({ description: reference }),
    effectiveAt: z.iso
      .datetime()
      .optional()
      .meta({ description: 'When the entry counts: never after `time`, which says when it was recorded' }),
    reverses: z.uuid().optional().meta({ description: 'Id of the entry that this one undoes' }),
  }),
  subject: (data) => `entry/${data.entryId}`,
  key: (data) => data.ledger,
  example: {
    id: '7d1c0a52-94be-8f0e-9a57-31c6d8e2b410',
    source,
    data: {
      ...pizza,
      ...{ revision: 42, currency: 'EUR', postings, effectiveAt: '2026-11-20T12:00:00.000Z' },
    },
  },
});

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

export const entryRejected = defineEvent({
  type: 'com.florin.ledger.entry-rejected.v1',
  topic: topics.ledgerEntries.name,
  description: 'A book refused an entry; no money moved, and the same entry id never will.',
  untraced: 'after a restart',
  data: z.object({
    ledger: ledgerIdSchema,
    revision,
    entryId: z.uuid(),
    kind: entryKindSchema,
    code: rejectionCodeSchema,
    reference: z.string().meta({ description: reference }),
  }),
  subject: (data) => `entry/${data.entryId}`,
  key: (data) => data.ledger,
  example: {
    id: 'e6a90b1f-2c43-85d7-b8f1-5a0c9e7d3362',
    source,
    data: { ...pizza, revision: 43, code: 'insufficient_funds' },
  },
});
