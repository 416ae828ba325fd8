import { z } from 'zod';
import { monthSchema } from './calendar.js';
import { defineEvent } from './cloud-event.js';
import {
  accountIdSchema,
  assetFields,
  captureSchema,
  entryKindSchema,
  frozenSchema,
  holdKindSchema,
  metadataSchema,
  openingSchema,
  postingSchema,
} from './ledger.js';
import { anna, asked, asset, extension, hold, ledger, pizza, postings, purse } from './ledger-example.js';
import { ledgerIdSchema } from './markets.js';
import { topics } from './topics.js';

const topic = topics.ledgerCommands.name;
const operator = '/operator';
const key = (data: { ledger: string }): string => data.ledger;

/** Of who asks: a person's name has no place in it. */
const referenceSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,64}$/)
  .meta({ description: 'Opaque id of what led to it, such as a case' });
const commandFields = {
  ledger: ledgerIdSchema,
  commandId: z.uuidv7().meta({ description: 'The outcome is recorded once under it' }),
  reference: referenceSchema,
};
const effectiveAt = z.iso.datetime().optional().meta({
  description: 'When it counts: in an open month, not in the future; unless set, when it is recorded',
});
const expiresAt = z.iso.datetime().meta({ description: 'When what is left is available again, by itself' });

const ofAccount = (data: { account: string }): string => `account/${data.account}`;
const ofHold = (data: { holdId: string }): string => `hold/${data.holdId}`;
const ofEntry = (data: { entryId: string }): string => `entry/${data.entryId}`;

export const openAccount = defineEvent({
  type: 'com.florin.ledger.open-account.v1',
  topic,
  description: "Command: open a person's wallet in a book.",
  data: z.object({ ledger: ledgerIdSchema, account: accountIdSchema, owner: z.uuid() }),
  subject: ofAccount,
  key,
  example: {
    id: '01a1fdfa-4601-7000-8000-000000000001',
    source: '/wallet',
    data: { ledger, account: anna, owner: anna.slice('wallet:'.length) },
  },
});

export const openAccountOnTerms = defineEvent({
  type: 'com.florin.ledger.open-account.v2',
  topic,
  description:
    'Command: open an account in a book on these terms: a reserve, or one in an issued asset. It has no outcome of its own: the ' +
    'account is opened once, asking again on the same terms changes nothing, and what differs goes to the dead letter.',
  data: openingSchema,
  subject: ofAccount,
  key,
  example: {
    id: '01a1fdfa-461f-7000-8000-000000000014',
    source: operator,
    data: { ledger, ...purse },
  },
});

/** Units come out of a supply account, and go back, by entries that say so, and these do nothing else. */
function unitsCheck({
  value: { kind, postings },
  issues,
}: z.core.ParsePayload<{ kind: string; postings: readonly { account: string }[] }>): void {
  const ofSupply = postings.some(({ account }) => account.startsWith('supply:'));
  if (ofSupply === (kind === 'issue' || kind === 'redeem')) return;
  const message = 'issue and redeem, and no other kind, have a posting of a supply account';
  issues.push({ code: 'custom', message, path: ['kind'], input: kind });
}

export const postEntry = defineEvent({
  type: 'com.florin.ledger.post-entry.v1',
  topic,
  description:
    'Command: post one balanced entry. The outcome is recorded once under its entry id (a UUIDv7).',
  data: z
    .object({
      ledger: ledgerIdSchema,
      entryId: z.uuidv7(),
      kind: entryKindSchema.exclude(['reversal']),
      currency: z.string().meta({ description: "The book's currency, or the code of an asset issued in it" }),
      postings: z.array(postingSchema).min(2).max(100),
      reference: z.string().max(64),
      capture: captureSchema.optional(),
      effectiveAt,
      metadata: metadataSchema.optional(),
    })
    .check(unitsCheck),
  subject: ofEntry,
  key,
  example: {
    id: '01a1fdfa-4614-7000-8000-000000000009',
    source: '/payments',
    data: { ...pizza, currency: 'EUR', postings },
  },
});

export const reverseEntry = defineEvent({
  type: 'com.florin.ledger.reverse-entry.v1',
  topic,
  description:
    'Command: undo an entry, once, by one with the same postings and their signs turned. The entry stays as it is.',
  data: z.object({
    ledger: ledgerIdSchema,
    entryId: z.uuidv7().meta({ description: 'Id of the reversal: the outcome is recorded once under it' }),
    reverses: z.uuid().meta({ description: 'Id of the entry to undo' }),
    reference: referenceSchema,
    effectiveAt,
    metadata: metadataSchema.optional(),
  }),
  subject: ofEntry,
  key,
  example: {
    id: '01a1fdfa-4615-7000-8000-00000000000a',
    source: operator,
    data: {
      ...{ ledger, entryId: '01a1fdfa-4615-7000-8000-0000000e0002', reverses: pizza.entryId },
      ...{ reference: asked.reference, metadata: { reason: 'paid-twice' } },
    },
  },
});

export const placeHold = defineEvent({
  type: 'com.florin.ledger.place-hold.v1',
  topic,
  description:
    'Command: set money of an account aside. It stays in its balance, but only entries that capture the hold can take it.',
  data: z.object({
    ledger: ledgerIdSchema,
    holdId: z.uuidv7().meta({ description: 'The outcome is recorded once under it' }),
    account: accountIdSchema,
    currency: z.string(),
    amount: z.int().positive().meta({ description: 'Minor units' }),
    expiresAt,
    kind: holdKindSchema,
    reference: referenceSchema,
  }),
  subject: ofHold,
  key,
  example: { id: '01a1fdfa-4616-7000-8000-00000000000b', source: '/orders', data: hold },
});

export const extendHold = defineEvent({
  type: 'com.florin.ledger.extend-hold.v1',
  topic,
  description: 'Command: have a hold last longer.',
  data: z.object({ ...commandFields, holdId: z.uuid(), expiresAt }),
  subject: ofHold,
  key,
  example: { id: '01a1fdfa-4617-7000-8000-00000000000c', source: '/orders', data: extension },
});

export const releaseHold = defineEvent({
  type: 'com.florin.ledger.release-hold.v1',
  topic,
  description: 'Command: give a hold up, so that what is left of it is available again.',
  data: z.object({ ...commandFields, holdId: z.uuid() }),
  subject: ofHold,
  key,
  example: {
    id: '01a1fdfa-4618-7000-8000-00000000000d',
    source: '/orders',
    data: { ...asked, holdId: hold.holdId, reference: hold.reference },
  },
});

export const expireHolds = defineEvent({
  type: 'com.florin.ledger.expire-holds.v1',
  topic,
  description: 'Command: end the holds of a book whose time is over. The wallet sends it when there are any.',
  untraced: 'always',
  data: z.object({ ledger: ledgerIdSchema }),
  subject: (data) => `ledger/${data.ledger}`,
  key,
  example: { id: '01a1fdfa-4619-7000-8000-00000000000e', source: '/wallet', data: { ledger } },
});

export const freezeAccount = defineEvent({
  type: 'com.florin.ledger.freeze-account.v1',
  topic,
  description: 'Command: let no more money into an account, out of it, or neither.',
  data: z.object({ ...commandFields, account: accountIdSchema, frozen: frozenSchema }),
  subject: ofAccount,
  key,
  example: {
    id: '01a1fdfa-461a-7000-8000-00000000000f',
    source: operator,
    data: { ...asked, account: anna, frozen: 'out' },
  },
});

export const unfreezeAccount = defineEvent({
  type: 'com.florin.ledger.unfreeze-account.v1',
  topic,
  description: 'Command: let money into and out of an account again.',
  data: z.object({ ...commandFields, account: accountIdSchema }),
  subject: ofAccount,
  key,
  example: {
    id: '01a1fdfa-461b-7000-8000-000000000010',
    source: operator,
    data: { ...asked, account: anna },
  },
});

export const closeAccount = defineEvent({
  type: 'com.florin.ledger.close-account.v1',
  topic,
  description: 'Command: close an account for good. It must hold nothing.',
  data: z.object({ ...commandFields, account: accountIdSchema }),
  subject: ofAccount,
  key,
  example: {
    id: '01a1fdfa-461c-7000-8000-000000000011',
    source: operator,
    data: { ...asked, account: anna },
  },
});

export const closePeriod = defineEvent({
  type: 'com.florin.ledger.close-period.v1',
  topic,
  description:
    'Command: close a month that is over, the one after the last that was closed: it takes no more entries.',
  data: z.object({ ...commandFields, period: monthSchema }),
  subject: (data) => `period/${data.period}`,
  key,
  example: {
    id: '01a1fdfa-461d-7000-8000-000000000012',
    source: operator,
    data: { ...asked, period: '2026-10' },
  },
});

export const defineAsset = defineEvent({
  type: 'com.florin.ledger.define-asset.v1',
  topic,
  description: 'Command: define an asset that is issued in a book, and open its supply account.',
  data: z.object({ ...commandFields, ...assetFields }),
  subject: (data) => `asset/${data.code}`,
  key,
  example: { id: '01a1fdfa-461e-7000-8000-000000000013', source: operator, data: asset },
});
