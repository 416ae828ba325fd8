import { z } from 'zod';
import { defineEvent } from './cloud-event.js';
import { ledgerIdSchema } from './markets.js';
import { topics } from './topics.js';

export const accountIdSchema = z.string().regex(/^[a-z]+:[a-z0-9-]{1,64}$/);

/** Signed minor units: debits positive, credits negative; the postings of an entry sum to zero. */
export const postingSchema = z.object({ account: accountIdSchema, amount: z.int() });
export type PostingDto = z.infer<typeof postingSchema>;

/** What an entry is for. `reference` of a `p2p` entry is the payment's id. */
export const entryKindSchema = z.enum(['p2p', 'test-funding']);

const revision = z.int().nonnegative();

export const openAccount = defineEvent({
  type: 'com.florin.ledger.open-account.v1',
  topic: topics.ledgerCommands.name,
  description: 'Command: open a wallet account in a book.',
  data: z.object({ ledger: ledgerIdSchema, account: accountIdSchema, owner: z.uuid() }),
  subject: (data) => `account/${data.account}`,
  key: (data) => data.ledger,
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
});

export const accountOpened = defineEvent({
  type: 'com.florin.ledger.account-opened.v1',
  topic: topics.ledgerEntries.name,
  description: 'A book opened an account.',
  data: z.object({
    ledger: ledgerIdSchema,
    revision,
    account: accountIdSchema,
    owner: z.uuid().nullable(),
    currency: z.string(),
  }),
  subject: (data) => `account/${data.account}`,
  key: (data) => data.ledger,
});

export const entryPosted = defineEvent({
  type: 'com.florin.ledger.entry-posted.v1',
  topic: topics.ledgerEntries.name,
  description: 'A book recorded a balanced entry: money moved.',
  data: z.object({
    ledger: ledgerIdSchema,
    revision,
    entryId: z.uuid(),
    kind: entryKindSchema,
    currency: z.string(),
    postings: z.array(postingSchema).min(2),
    reference: z.string(),
  }),
  subject: (data) => `entry/${data.entryId}`,
  key: (data) => data.ledger,
});

/** Why a book refused an entry; the refusal is final for that entry id. */
export const rejectionCodeSchema = z.enum([
  'insufficient_funds',
  'account_unknown',
  'currency_mismatch',
  'entry_invalid',
]);
export type RejectionCodeDto = z.infer<typeof rejectionCodeSchema>;

export const entryRejected = defineEvent({
  type: 'com.florin.ledger.entry-rejected.v1',
  topic: topics.ledgerEntries.name,
  description: 'A book refused an entry; no money moved, and the same entry id never will.',
  data: z.object({
    ledger: ledgerIdSchema,
    revision,
    entryId: z.uuid(),
    kind: entryKindSchema,
    code: rejectionCodeSchema,
    reference: z.string(),
  }),
  subject: (data) => `entry/${data.entryId}`,
  key: (data) => data.ledger,
});
