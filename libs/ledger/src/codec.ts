import { accountClasses, accountFault, frozenDirections } from './accounts.js';
import type { JsonObject } from './canonical.js';
import { LedgerCorrupt } from './corrupt.js';
import {
  entryFault,
  labelsFault,
  metadataKeys,
  rejectionCodes,
  type BalancedPostings,
  type Capture,
  type EntryMetadata,
  type EntryPlace,
  type Posting,
} from './entry.js';
import type { LedgerEvent } from './events.js';
import {
  amount,
  count,
  flag,
  instant,
  listOf,
  malformed,
  nullable,
  object,
  oneOf,
  optional,
  revision,
  text,
  type Field,
  type Shape,
} from './fields.js';
import { CURRENCY } from './money.js';
import type { ClassMovement } from './periods.js';

type Event<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { type: Type }>;
type Data<Type extends LedgerEvent['type']> = Omit<Event<Type>, 'type'>;

const recordedAt = instant;
const asked = { commandId: text, reference: text, recordedAt };
const labels = { kind: text, reference: text };
const accountClass = oneOf(accountClasses);

/** Their balance is checked by `entryFault`, after the rest of the entry. */
const postings = listOf(object<Posting>({ account: text, amount }), 'posting') as Field<unknown>;
const metadata = object<EntryMetadata>(
  Object.fromEntries(metadataKeys.map((key) => [key, optional(text)])) as unknown as Shape<EntryMetadata>,
);

/** The stored form of each event, beside its type. */
const shapes: { readonly [Type in LedgerEvent['type']]: Shape<Data<Type>> } = {
  LedgerCreated: { ledger: text, currency: text, recordedAt },
  AccountOpened: {
    ...{ id: text, owner: nullable(text), class: accountClass, chart: text, currency: text },
    ...{ floor: nullable(amount), testMoney: flag, recordedAt },
  },
  EntryPosted: {
    ...{ entryId: text, ...labels, currency: text, postings: postings as Field<BalancedPostings> },
    ...{ effectiveAt: instant, recordedAt },
    metadata: optional(metadata),
    capture: optional(object<Capture>({ holdId: text, final: flag })),
    reverses: optional(object<EntryPlace>({ entryId: text, revision })),
  },
  EntryRejected: { entryId: text, ...labels, code: oneOf(rejectionCodes), recordedAt },
  HoldPlaced: {
    ...{ holdId: text, ...labels, account: text, currency: text, amount },
    ...{ expiresAt: instant, recordedAt },
  },
  HoldExtended: { ...asked, holdId: text, expiresAt: instant },
  HoldReleased: { ...asked, holdId: text },
  HoldExpired: { holdId: text, recordedAt },
  AccountFrozen: { ...asked, account: text, frozen: oneOf(frozenDirections) },
  AccountUnfrozen: { ...asked, account: text },
  AccountClosed: { ...asked, account: text },
  PeriodClosed: {
    ...{ ...asked, period: text, from: instant, until: instant, entries: count },
    totals: listOf(
      object<ClassMovement>({ currency: text, class: accountClass, debits: amount, credits: amount }),
      'total',
    ),
  },
  AssetDefined: { ...asked, code: text, scale: count, issuer: text, reserve: text, backing: amount },
};

const codecs = new Map<string, Field<object>>(
  Object.entries(shapes).map(([type, shape]) => [type, object(shape as unknown as Shape<object>, { type })]),
);

/** The data that is stored for an event, beside its type: amounts as JSON integers. */
export function encodeEvent(event: LedgerEvent): JsonObject {
  const codec = codecs.get(event.type);
  if (codec === undefined) throw new Error(`unknown event: ${event.type}`);
  return codec.encode(event) as JsonObject;
}

/**
 * Reads the data of an event back, in the present version of the stored form. Throws LedgerCorrupt for a type that is not
 * known and for data of any other shape than the one that `encodeEvent` gives: a field too many is as wrong as one too few.
 */
export function decodeEvent(type: string, data: unknown): LedgerEvent {
  const codec = codecs.get(type);
  if (codec === undefined) {
    throw new LedgerCorrupt('event_unknown', `"${type}" is not a type of event that this version knows`);
  }
  const event = codec.decode(data, 'data') as LedgerEvent;
  const fault = faultIn(event);
  if (fault !== undefined) throw malformed(fault);
  if (event.type !== 'EntryPosted') return event;
  const invalid = entryFault(event);
  if (invalid !== undefined) throw new LedgerCorrupt('entry_invalid', `not an entry: ${invalid}`);
  return event;
}

/** What no field shows by itself. */
function faultIn(event: LedgerEvent): string | undefined {
  if (event.type === 'LedgerCreated') {
    return CURRENCY.test(event.currency) ? undefined : 'currency is not an ISO 4217 code';
  }
  if (event.type === 'AccountOpened') return accountFault(event);
  if (!('reference' in event)) return undefined;
  return labelsFault({ kind: 'kind' in event ? event.kind : 'command', reference: event.reference });
}
