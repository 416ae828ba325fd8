import { z } from 'zod';
import { monthSchema } from './calendar.js';
import { defineEvent } from './cloud-event.js';
import {
  accountClassSchema,
  accountIdSchema,
  assetFields,
  captureSchema,
  chartSchema,
  entryKindSchema,
  frozenSchema,
  holdKindSchema,
  postingSchema,
  refusedKindSchema,
  rejectionCodeSchema,
} from './ledger.js';
import {
  anna,
  asked,
  asset,
  bruno,
  extension,
  hold,
  ledger,
  pizza,
  postings,
  source,
} from './ledger-example.js';
import { ledgerIdSchema } from './markets.js';
import { topics } from './topics.js';

const topic = topics.ledgerEntries.name;
const untraced = 'after a restart';
const key = (data: { ledger: string }): string => data.ledger;

const recordedFields = {
  ledger: ledgerIdSchema,
  revision: z.int().nonnegative().meta({
    description: 'Place in the book, without gaps; revision 0 creates the book and is not published',
  }),
};
const askedFields = {
  ...recordedFields,
  commandId: z.uuid().meta({ description: 'Id of the command that asked for it' }),
  reference: z.string().meta({ description: 'What led to it, such as a case' }),
};
const reference = "The payment's id for p2p, the entry's own id for test-funding, the case's for reversal";
const expiresAt = z.iso.datetime().meta({ description: 'When what is left is available again, by itself' });

const ofAccount = (data: { account: string }): string => `account/${data.account}`;
const ofHold = (data: { holdId: string }): string => `hold/${data.holdId}`;

export const accountOpened = defineEvent({
  type: 'com.florin.ledger.account-opened.v1',
  topic,
  description: 'A book opened an account.',
  untraced: 'always',
  data: z.object({
    ...recordedFields,
    account: accountIdSchema,
    owner: z.uuid().nullable().meta({ description: "Person id; null for the platform's own accounts" }),
    class: accountClassSchema.meta({
      description: 'The natural balance is the negative sum of postings unless asset or expense',
    }),
    currency: z.string(),
    chart: chartSchema.optional(),
    floor: z.int().nonpositive().nullable().optional().meta({
      description: 'Least balance on the side of its class, in minor units; null: none',
    }),
  }),
  subject: ofAccount,
  key,
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
      chart: '2010',
      floor: 0,
    },
  },
});

export const entryPosted = defineEvent({
  type: 'com.florin.ledger.entry-posted.v1',
  topic,
  description: 'A book recorded a balanced entry: money moved.',
  untraced,
  data: z.object({
    ...recordedFields,
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
    captures: captureSchema.optional(),
  }),
  subject: (data) => `entry/${data.entryId}`,
  key,
  example: {
    id: '7d1c0a52-94be-8f0e-9a57-31c6d8e2b410',
    source,
    data: {
      ...pizza,
      ...{ revision: 42, currency: 'EUR', postings, effectiveAt: '2026-11-20T12:00:00.000Z' },
    },
  },
});

export const entryRejected = defineEvent({
  type: 'com.florin.ledger.entry-rejected.v1',
  topic,
  description:
    'A book refused an entry, a hold or another command; nothing happened, and nothing will under the same id.',
  untraced,
  data: z.object({
    ...recordedFields,
    entryId: z.uuid().meta({ description: 'Id of the entry, the hold or the command' }),
    kind: refusedKindSchema,
    code: rejectionCodeSchema,
    reference: z.string().meta({ description: `${reference}, what it was asked for with otherwise` }),
  }),
  subject: (data) => `entry/${data.entryId}`,
  key,
  example: {
    id: 'e6a90b1f-2c43-85d7-b8f1-5a0c9e7d3362',
    source,
    data: { ...pizza, revision: 43, code: 'insufficient_funds' },
  },
});

export const holdPlaced = defineEvent({
  type: 'com.florin.ledger.hold-placed.v1',
  topic,
  description: 'A book set money of an account aside; none moved.',
  untraced,
  data: z.object({
    ...recordedFields,
    holdId: z.uuid(),
    account: accountIdSchema,
    currency: z.string(),
    amount: z.int().positive().meta({ description: 'Minor units' }),
    expiresAt,
    kind: holdKindSchema,
    reference: z.string().meta({ description: 'What it is for' }),
  }),
  subject: ofHold,
  key,
  example: {
    id: '0b1f6d2c-6f0e-8a51-9c33-2e9a51c7d001',
    source,
    data: { ...hold, revision: 44 },
  },
});

export const holdExtended = defineEvent({
  type: 'com.florin.ledger.hold-extended.v1',
  topic,
  description: 'A hold lasts longer.',
  untraced,
  data: z.object({ ...askedFields, holdId: z.uuid(), expiresAt }),
  subject: ofHold,
  key,
  example: { id: '0b1f6d2c-6f0e-8a51-9c33-2e9a51c7d002', source, data: { ...extension, revision: 45 } },
});

export const holdReleased = defineEvent({
  type: 'com.florin.ledger.hold-released.v1',
  topic,
  description:
    'A hold ended: what was left of it is available again. One that an entry captured whole ended with it.',
  untraced,
  data: z.object({
    ...recordedFields,
    holdId: z.uuid(),
    reason: z.enum(['released', 'expired']),
    commandId: z.uuid().optional().meta({ description: 'Of the command that released it' }),
    reference: z.string().optional().meta({ description: 'What it was released with' }),
  }),
  subject: ofHold,
  key,
  example: {
    id: '0b1f6d2c-6f0e-8a51-9c33-2e9a51c7d003',
    source,
    data: { ledger, revision: 46, holdId: hold.holdId, reason: 'expired' },
  },
});

export const accountFrozen = defineEvent({
  type: 'com.florin.ledger.account-frozen.v1',
  topic,
  description: 'An account lets no more money in, out, or neither.',
  untraced,
  data: z.object({ ...askedFields, account: accountIdSchema, frozen: frozenSchema }),
  subject: ofAccount,
  key,
  example: {
    id: '0b1f6d2c-6f0e-8a51-9c33-2e9a51c7d004',
    source,
    data: { ...asked, revision: 47, account: anna, frozen: 'out' },
  },
});

export const accountUnfrozen = defineEvent({
  type: 'com.florin.ledger.account-unfrozen.v1',
  topic,
  description: 'An account lets money in and out again.',
  untraced,
  data: z.object({ ...askedFields, account: accountIdSchema }),
  subject: ofAccount,
  key,
  example: {
    id: '0b1f6d2c-6f0e-8a51-9c33-2e9a51c7d005',
    source,
    data: { ...asked, revision: 48, account: anna },
  },
});

export const accountClosed = defineEvent({
  type: 'com.florin.ledger.account-closed.v1',
  topic,
  description: 'An account that held nothing was closed for good.',
  untraced,
  data: z.object({ ...askedFields, account: accountIdSchema }),
  subject: ofAccount,
  key,
  example: {
    id: '0b1f6d2c-6f0e-8a51-9c33-2e9a51c7d006',
    source,
    data: { ...asked, revision: 49, account: anna },
  },
});

export const periodClosed = defineEvent({
  type: 'com.florin.ledger.period-closed.v1',
  topic,
  description: 'A month takes no more entries. Its totals are those of the entries that took effect in it.',
  untraced,
  data: z.object({
    ...askedFields,
    period: monthSchema,
    from: z.iso.datetime().meta({ description: 'Where the one before ended; 1970 for the first of a book' }),
    until: z.iso.datetime().meta({ description: 'The first instant that is no more in it' }),
    entries: z.int().nonnegative(),
    totals: z.array(
      z.object({
        currency: z.string(),
        class: accountClassSchema,
        debits: z.int().nonnegative().meta({ description: 'Minor units' }),
        credits: z.int().nonnegative().meta({ description: 'Minor units' }),
      }),
    ),
  }),
  subject: (data) => `period/${data.period}`,
  key,
  example: {
    id: '0b1f6d2c-6f0e-8a51-9c33-2e9a51c7d007',
    source,
    data: {
      ...{ ...asked, revision: 50, period: '2026-10', entries: 1 },
      ...{ from: '1970-01-01T00:00:00.000Z', until: '2026-10-31T23:00:00.000Z' },
      totals: [{ currency: 'EUR', class: 'liability', debits: 1250, credits: 1250 }],
    },
  },
});

export const assetDefined = defineEvent({
  type: 'com.florin.ledger.asset-defined.v1',
  topic,
  description:
    'An asset can be issued in a book. Its units come out of the account `supply:<code>`, which is opened next.',
  untraced,
  data: z.object({ ...askedFields, ...assetFields }),
  subject: (data) => `asset/${data.code}`,
  key,
  example: { id: '0b1f6d2c-6f0e-8a51-9c33-2e9a51c7d008', source, data: { ...asset, revision: 51 } },
});
