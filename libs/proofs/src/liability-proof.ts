import { bytesFromBase64, hashFromBase64 } from './hash.js';
import { Malformed } from './malformed.js';
import type { LiabilityProof } from './sum-tree.js';

/** A proof of liability as JSON: amounts in decimal, because they may be beyond what JSON readers count; bytes in base64. */
export interface LiabilityProofJson {
  readonly account: string;
  readonly balance: string;
  readonly salt: string;
  readonly index: number;
  readonly siblings: readonly { readonly hash: string; readonly sum: string }[];
}

export function liabilityProofToJson(proof: LiabilityProof): LiabilityProofJson {
  const { account, balance, salt, index, siblings } = proof;
  return {
    account,
    balance: String(balance),
    salt: salt.toString('base64'),
    index,
    siblings: siblings.map(({ hash, sum }) => ({ hash: hash.toString('base64'), sum: String(sum) })),
  };
}

type Unread<T> = Partial<Record<keyof T, unknown>>;

/** Reads what `liabilityProofToJson` wrote; whether it is true, `verifyLiability` says. Throws `Malformed`. */
export function liabilityProofFromJson(json: unknown): LiabilityProof {
  const { account, balance, salt, index, siblings } = (json ?? {}) as Unread<LiabilityProofJson>;
  if (typeof account !== 'string') throw new Malformed('proof of liability: account is not a text');
  if (typeof index !== 'number') throw new Malformed('proof of liability: index is not a number');
  if (!Array.isArray(siblings)) throw new Malformed('proof of liability: siblings is not a list');
  return {
    account,
    balance: parseAmount(balance),
    salt: parseBytes(salt, bytesFromBase64),
    index,
    siblings: siblings.map((node: unknown) => {
      const { hash, sum } = (node ?? {}) as Unread<LiabilityProofJson['siblings'][number]>;
      return { hash: parseBytes(hash, hashFromBase64), sum: parseAmount(sum) };
    }),
  };
}

const AMOUNT = /^(0|[1-9][0-9]{0,18})$/;

function parseAmount(value: unknown): bigint {
  if (typeof value !== 'string' || !AMOUNT.test(value)) {
    throw new Malformed('proof of liability: not an amount in minor units');
  }
  return BigInt(value);
}

function parseBytes(value: unknown, decode: (text: string) => Buffer | undefined): Buffer {
  const bytes = typeof value === 'string' ? decode(value) : undefined;
  if (bytes === undefined) throw new Malformed('proof of liability: not bytes in base64');
  return bytes;
}
