import { canonicalJson, type JsonObject } from './canonical.js';
import { encodeEvent } from './codec.js';
import type { LedgerEvent } from './events.js';

/** SHA-256 of a text's UTF-8 form, in lower-case hex. Handed in: the domain imports nothing. */
export type Sha256 = (text: string) => string;

/** Version of the stored form. A change to it is a new number, and the old ones stay readable: see `upcast`. */
export const SCHEMA = 2;

/** What an event store keeps of one event. */
export interface StoredForm {
  /** UUID of the hash's first 16 bytes (RFC 9562, version 8): the same event again is the same id. */
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: {
    readonly schema: typeof SCHEMA;
    readonly ledger: string;
    /** Hash of the event before. */
    readonly prev: string;
    readonly hash: string;
  };
}

/** Where a chain ends. */
export interface ChainHead {
  readonly revision: bigint;
  readonly hash: string;
}

/** The head of a chain without events. */
export const GENESIS: ChainHead = { revision: -1n, hash: '0'.repeat(64) };

/** What the hash of an event is taken over, beside its predecessor's. */
export interface Sealed {
  readonly schema: number;
  readonly ledger: string;
  readonly revision: bigint;
  readonly type: string;
  readonly data: unknown;
}

/**
 * The text that an event is known by, in the chain and in proofs: the RFC 8785 form of
 * `{data, ledger, prev, revision, schema, type}`. Throws what `canonicalJson` throws.
 */
export function canonicalEvent(prev: string, sealed: Sealed): string {
  const { data, ledger, revision, schema, type } = sealed;
  return canonicalJson({ data, ledger, prev, revision: Number(revision), schema, type });
}

/** SHA-256 of the text that an event is known by. Throws what `canonicalJson` throws. */
export function chainHash(sha256: Sha256, prev: string, sealed: Sealed): string {
  return sha256(canonicalEvent(prev, sealed));
}

/** The event's id: the first 16 bytes of its hash with the version and variant bits of a UUIDv8. */
export function idOfHash(hash: string): string {
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

export interface Sealer {
  /** The stored form of the next event; the head moves to it, whether or not it is appended yet. */
  seal(event: LedgerEvent): StoredForm;
  readonly head: ChainHead;
}

/** Chains new events to `head` (`GENESIS` for a new book). After a failed append, make another from the true head. */
export function createSealer(ledger: string, sha256: Sha256, head: ChainHead): Sealer {
  let current = head;
  return {
    seal(event) {
      const { type } = event;
      const data = encodeEvent(event);
      const revision = current.revision + 1n;
      const prev = current.hash;
      const hash = chainHash(sha256, prev, { schema: SCHEMA, ledger, revision, type, data });
      current = { revision, hash };
      return { id: idOfHash(hash), type, data, metadata: { schema: SCHEMA, ledger, prev, hash } };
    },
    get head() {
      return current;
    },
  };
}
