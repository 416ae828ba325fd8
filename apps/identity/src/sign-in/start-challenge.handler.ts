import type { Locale } from '@florin/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { personOfHandle } from '../people/people.store.js';
import {
  attemptsPerChallenge,
  challengeTtlMs,
  challengeWindowMs,
  hashCode,
  mayChallenge,
  newCode,
} from './challenge.js';
import {
  challengesSince,
  deleteChallenge,
  deleteOldChallenges,
  insertChallenge,
  lockPhone,
  type Registration,
} from './challenge.store.js';
import type { SendCode } from './code-sender.js';
import { localeOfPhone } from './phone.js';

export interface StartedChallenge {
  readonly challengeId: string;
  readonly expiresAt: Date;
}

export type StartChallenge = ReturnType<typeof startChallenge>;

interface Deps {
  readonly database: DataSource;
  readonly pepper: Buffer;
  readonly now: () => Date;
  /** Rejects when the code was not taken for delivery. */
  readonly sendCode: SendCode;
}

/**
 * Sends a code to a phone. It does the same for known and unknown phones, registering and signing in, so that nobody
 * learns from it who is a customer: only who holds the phone does, by proving the code.
 */
export const startChallenge =
  ({ database, pepper, now, sendCode }: Deps) =>
  async (command: {
    phone: string;
    /** Where the request comes from; see `networkOf`. */
    network: string;
    registration: Registration | null;
  }): Promise<StartedChallenge | 'challenges-too-many'> => {
    const { phone, network, registration } = command;
    const id = uuidv7();
    const code = newCode();
    const at = now();
    const expiresAt = new Date(at.getTime() + challengeTtlMs);

    const locale = await database.transaction(async (manager) => {
      await lockPhone(manager, phone);
      const windowStart = new Date(at.getTime() - challengeWindowMs);
      if (!mayChallenge(await challengesSince(manager, { phone, network }, windowStart))) return undefined;
      await deleteOldChallenges(manager, windowStart);
      const codeHmac = hashCode(pepper, id, code);
      await insertChallenge(
        manager,
        { id, phone, network, registration, codeHmac, attemptsLeft: attemptsPerChallenge, expiresAt },
        at,
      );
      return registration?.locale ?? (await localeOf(manager, phone));
    });
    if (locale === undefined) return 'challenges-too-many';

    // Not within the transaction: a slow delivery must not hold a connection.
    try {
      await sendCode({ to: phone, code, minutes: challengeTtlMs / 60_000, locale });
    } catch (error) {
      await deleteChallenge(database.manager, id);
      throw error;
    }
    return { challengeId: id, expiresAt };
  };

async function localeOf(manager: EntityManager, phone: string): Promise<Locale> {
  const person = await personOfHandle(manager, 'phone', phone);
  return person?.locale ?? localeOfPhone(phone);
}
