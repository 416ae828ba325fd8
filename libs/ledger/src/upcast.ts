import { LedgerCorrupt } from './corrupt.js';
import { decodeEvent } from './codec.js';
import type { LedgerEvent } from './events.js';
import { requireFields } from './fields.js';
import { SCHEMA } from './chain.js';

/** Turns the data of one version of the stored form into that of the next. Pure, and never changed once released. */
type Upcaster = (type: string, data: unknown) => unknown;

const entryFieldsOf1 = ['currency', 'entryId', 'kind', 'postings', 'recordedAt', 'reference'];
const typesOf1 = ['LedgerCreated', 'AccountOpened', 'EntryPosted', 'EntryRejected'];

/** By the version that they read. An event of version 1 passes all of them in turn. */
const upcasters: readonly (readonly [version: number, Upcaster])[] = [
  [
    1,
    (type, data) => {
      if (!typesOf1.includes(type)) {
        throw new LedgerCorrupt('event_unknown', `"${type}" is not a type of event of version 1`);
      }
      if (type !== 'EntryPosted') return data;
      // An entry took effect when it was recorded.
      const entry = requireFields(data, entryFieldsOf1);
      return { ...entry, effectiveAt: entry['recordedAt'] };
    },
  ],
];

/** Reads the data of an event that was stored in any version that there was. Throws LedgerCorrupt where it cannot be read. */
export function decodeStored(schema: unknown, type: string, data: unknown): LedgerEvent {
  requireKnownSchema(schema);
  let current = data;
  for (const [version, upcaster] of upcasters) if (version >= schema) current = upcaster(type, current);
  return decodeEvent(type, current);
}

/** An event of a ledger's log, whatever version it was stored in. Throws LedgerCorrupt where it cannot be read. */
export function decodeRecord(record: {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}): LedgerEvent {
  return decodeStored(schemaOf(record.metadata), record.type, record.data);
}

/** The version that metadata name, unchecked. */
export function schemaOf(metadata: unknown): unknown {
  return typeof metadata === 'object' && metadata !== null && 'schema' in metadata
    ? metadata.schema
    : undefined;
}

/** Throws LedgerCorrupt for a version of the stored form that this program does not know. */
export function requireKnownSchema(schema: unknown): asserts schema is number {
  if (typeof schema === 'number' && Number.isInteger(schema) && schema >= 1 && schema <= SCHEMA) return;
  const shown = JSON.stringify(schema) ?? 'none';
  throw new LedgerCorrupt(
    'schema_unknown',
    `the stored form has version ${shown}, but only 1 to ${SCHEMA} are known: a newer program wrote it, or it was damaged`,
  );
}
