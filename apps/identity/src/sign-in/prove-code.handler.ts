import { writeOutbox, type Transact } from '@florin/messaging';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { handleLinkedEvent, personRegisteredEvent } from '../events.js';
import { insertHandle } from '../handles/handle.store.js';
import { insertPerson, personOfHandle } from '../people/people.store.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import { hashCode, proveCode as judge, type ProofRefusal } from './challenge.js';
import {
  challengeForUpdate,
  lockPhone,
  markUsed,
  takeAttempt,
  type Registration,
  type StoredChallenge,
} from './challenge.store.js';

export interface Session extends IssuedToken {
  readonly personId: string;
}

export type ProveCode = ReturnType<typeof proveCode>;

interface Deps {
  readonly transact: Transact;
  readonly pepper: Buffer;
  readonly now: () => Date;
  readonly issuePersonToken: (personId: string, now: Date) => Promise<IssuedToken>;
}

type Proof = { personId: string } | ProofRefusal | 'challenge-unknown' | 'person-unknown';

/** Turns a proved code into a session; the first proof of a phone makes the person. */
export const proveCode =
  ({ transact, pepper, now, issuePersonToken }: Deps) =>
  async (command: { challengeId: string; code: string }): Promise<Session | Exclude<Proof, object>> => {
    const at = now();
    const presented = hashCode(pepper, command.challengeId, command.code);
    // A refusal is returned, not thrown: a wrong attempt must be committed to count.
    const proof = await transact(async (manager): Promise<Proof> => {
      const challenge = await challengeForUpdate(manager, command.challengeId);
      if (challenge === undefined) return 'challenge-unknown';
      const verdict = judge(challenge, presented, at);
      if (verdict === 'code-wrong') await takeAttempt(manager, challenge.id);
      if (verdict !== 'accepted') return verdict;
      await markUsed(manager, challenge.id, at);
      return await personOfChallenge(manager, challenge, at);
    });
    if (typeof proof === 'string') return proof;
    return { ...proof, ...(await issuePersonToken(proof.personId, at)) };
  };

async function personOfChallenge(
  manager: EntityManager,
  { phone, registration }: StoredChallenge,
  now: Date,
): Promise<Proof> {
  await lockPhone(manager, phone);
  const known = await personOfHandle(manager, 'phone', phone);
  if (known !== undefined) return { personId: known.personId };
  if (registration === null) return 'person-unknown';
  return { personId: await register(manager, phone, registration, now) };
}

async function register(
  manager: EntityManager,
  phone: string,
  { name, market, locale }: Registration,
  now: Date,
): Promise<string> {
  const personId = uuidv7();
  await insertPerson(manager, { personId, name, market, locale }, now);
  await insertHandle(manager, { id: uuidv7(), personId, channel: 'phone', handle: phone }, now);
  await writeOutbox(manager, [
    personRegisteredEvent({ personId, market, locale }, now),
    handleLinkedEvent({ personId, channel: 'phone' }, now),
  ]);
  return personId;
}
