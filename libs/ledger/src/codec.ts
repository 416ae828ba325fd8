import { accountClasses, accountFault, type AccountClass } from './accounts.js';
import type { JsonObject } from './canonical.js';
import { LedgerCorrupt } from './corrupt.js';
import { buildEntry, isRejection, labelsFault, rejectionCodes, type Posting } from './entry.js';
import type { AccountOpened, EntryPosted, EntryRejected, LedgerCreated, LedgerEvent } from './events.js';
import { amountFromWire, amountToWire, CURRENCY } from './money.js';

/** The data that is stored for an event, beside its type: amounts as JSON integers. */
export function encodeEvent(event: LedgerEvent): JsonObject {
  switch (event.type) {
    case 'LedgerCreated':
      return { currency: event.currency, ledger: event.ledger, recordedAt: event.recordedAt };
    case 'AccountOpened': {
      const { id, owner, class: accountClass, chart, currency, testMoney, recordedAt } = event;
      const floor = event.floor === null ? null : amountToWire(event.floor);
      return { chart, class: accountClass, currency, floor, id, owner, recordedAt, testMoney };
    }
    case 'EntryPosted': {
      const { currency, entryId, kind, recordedAt, reference } = event;
      const postings = event.postings.map(({ account, amount }) => ({
        account,
        amount: amountToWire(amount),
      }));
      return { currency, entryId, kind, postings, recordedAt, reference };
    }
    case 'EntryRejected': {
      const { code, entryId, kind, recordedAt, reference } = event;
      return { code, entryId, kind, recordedAt, reference };
    }
    default:
      throw new Error(`unknown event: ${(event satisfies never as LedgerEvent).type}`);
  }
}

/**
 * Reads a stored event back. Throws LedgerCorrupt for a type that is not known and for data of any other shape than
 * the one that `encodeEvent` gives: a field too many is as wrong as one too few.
 */
export function decodeEvent(type: string, data: unknown): LedgerEvent {
  switch (type) {
    case 'LedgerCreated':
      return ledgerCreated(data);
    case 'AccountOpened':
      return accountOpened(data);
    case 'EntryPosted':
      return entryPosted(data);
    case 'EntryRejected':
      return entryRejected(data);
    default:
      throw new LedgerCorrupt('event_unknown', `"${type}" is not a type of event that this version knows`);
  }
}

function ledgerCreated(data: unknown): LedgerCreated {
  const fields = fieldsOf(data, ['currency', 'ledger', 'recordedAt']);
  const currency = text(fields, 'currency');
  if (!CURRENCY.test(currency)) throw malformed('currency is not an ISO 4217 code');
  return { type: 'LedgerCreated', ledger: text(fields, 'ledger'), currency, recordedAt: time(fields) };
}

const accountFields = ['chart', 'class', 'currency', 'floor', 'id', 'owner', 'recordedAt', 'testMoney'];

function accountOpened(data: unknown): AccountOpened {
  const fields = fieldsOf(data, accountFields);
  if (typeof fields['testMoney'] !== 'boolean') throw malformed('testMoney is not true or false');
  const account = {
    id: text(fields, 'id'),
    owner: fields['owner'] === null ? null : text(fields, 'owner'),
    class: oneOf<AccountClass>(fields, 'class', accountClasses),
    chart: text(fields, 'chart'),
    currency: text(fields, 'currency'),
    floor: fields['floor'] === null ? null : amount(fields, 'floor'),
    testMoney: fields['testMoney'],
  };
  const fault = accountFault(account);
  if (fault !== undefined) throw malformed(fault);
  return { type: 'AccountOpened', ...account, recordedAt: time(fields) };
}

const entryFields = ['currency', 'entryId', 'kind', 'postings', 'recordedAt', 'reference'];

function entryPosted(data: unknown): EntryPosted {
  const fields = fieldsOf(data, entryFields);
  if (!Array.isArray(fields['postings'])) throw malformed('postings is not a list');
  const postings: Posting[] = fields['postings'].map((item: unknown) => {
    const posting = fieldsOf(item, ['account', 'amount'], 'posting');
    return { account: text(posting, 'account'), amount: amount(posting, 'amount') };
  });
  const entry = buildEntry({ ...labels(fields), currency: text(fields, 'currency'), postings });
  if (isRejection(entry)) throw new LedgerCorrupt('entry_invalid', `not an entry: ${entry.detail}`);
  return { type: 'EntryPosted', ...entry, recordedAt: time(fields) };
}

function entryRejected(data: unknown): EntryRejected {
  const fields = fieldsOf(data, ['code', 'entryId', 'kind', 'recordedAt', 'reference']);
  const code = oneOf(fields, 'code', rejectionCodes);
  return { type: 'EntryRejected', ...labels(fields), code, recordedAt: time(fields) };
}

type Fields = Readonly<Record<string, unknown>>;

/** A JSON object with exactly these fields. Throws LedgerCorrupt otherwise. */
export function fieldsOf(value: unknown, names: readonly string[], what = 'data'): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`${what}: not an object`);
  for (const name of names) if (!Object.hasOwn(value, name)) throw malformed(`${what}: ${name} is missing`);
  const keys = Object.keys(value);
  if (keys.length > names.length) {
    throw malformed(`${what}: ${keys.find((key) => !names.includes(key))} is not a known field`);
  }
  return value as Fields;
}

function labels(fields: Fields): { entryId: string; kind: string; reference: string } {
  const found = {
    entryId: text(fields, 'entryId'),
    kind: text(fields, 'kind'),
    reference: text(fields, 'reference'),
  };
  const fault = labelsFault(found);
  if (fault !== undefined) throw malformed(fault);
  return found;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw malformed(`${name} is not a string`);
  return value;
}

function oneOf<T extends string>(fields: Fields, name: string, values: readonly T[]): T {
  const found = values.find((value) => value === fields[name]);
  if (found === undefined) throw malformed(`${name} is none of ${values.join(', ')}`);
  return found;
}

function amount(fields: Fields, name: string): bigint {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw malformed(`${name} is not a safe integer`);
  return amountFromWire(value);
}

function time(fields: Fields): number {
  const value = fields['recordedAt'];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformed('recordedAt is not a time in ms since the epoch');
  }
  return value;
}

function malformed(detail: string): LedgerCorrupt {
  return new LedgerCorrupt('event_malformed', detail);
}
