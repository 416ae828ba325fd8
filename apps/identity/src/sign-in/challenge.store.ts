import { localeSchema, marketSchema } from '@florin/contracts';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { Challenge, RecentChallenges } from './challenge.js';

/** What somebody new said of themselves; it counts for nothing until their phone is proved. */
export const registrationSchema = z.strictObject({
  name: z.string(),
  market: marketSchema,
  locale: localeSchema,
});
export type Registration = z.output<typeof registrationSchema>;

export interface StoredChallenge extends Challenge {
  readonly phone: string;
  readonly registration: Registration | null;
}

/** From here to the end of the transaction nobody else changes what belongs to this phone. */
export async function lockPhone(manager: EntityManager, phone: string): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [phone]);
}

/** How many challenges a phone had since then, from this network and from all. */
export async function challengesSince(
  manager: EntityManager,
  { phone, network }: { phone: string; network: string },
  since: Date,
): Promise<RecentChallenges> {
  const [row] = await manager.query<RecentChallenges[]>(
    `SELECT (count(*) FILTER (WHERE network = $2))::int AS "ofNetwork", count(*)::int AS "ofPhone"
     FROM challenges WHERE phone = $1 AND created_at > $3`,
    [phone, network, since],
  );
  return row ?? { ofNetwork: 0, ofPhone: 0 };
}

export async function insertChallenge(
  manager: EntityManager,
  challenge: Omit<StoredChallenge, 'usedAt'> & { network: string },
  now: Date,
): Promise<void> {
  const { id, phone, network, registration, codeHmac, attemptsLeft, expiresAt } = challenge;
  await manager.query(
    `INSERT INTO challenges (challenge_id, phone, network, registration, code_hmac, attempts_left, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      id,
      phone,
      network,
      registration === null ? null : JSON.stringify(registration),
      codeHmac,
      attemptsLeft,
      now,
      expiresAt,
    ],
  );
}

export async function deleteChallenge(manager: EntityManager, id: string): Promise<void> {
  await manager.query('DELETE FROM challenges WHERE challenge_id = $1', [id]);
}

/** Removes a few of those that serve nothing any more: more than come in, without a scheduler. */
export async function deleteOldChallenges(manager: EntityManager, before: Date): Promise<void> {
  await manager.query(
    `DELETE FROM challenges WHERE challenge_id IN
       (SELECT challenge_id FROM challenges WHERE created_at < $1 ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED)`,
    [before],
  );
}

/** A challenge, held for this transaction: attempts at the same time are judged one after the other. */
export async function challengeForUpdate(
  manager: EntityManager,
  id: string,
): Promise<StoredChallenge | undefined> {
  const [row] = await manager.query<
    {
      challenge_id: string;
      phone: string;
      registration: unknown;
      code_hmac: Buffer;
      attempts_left: number;
      expires_at: Date;
      used_at: Date | null;
    }[]
  >('SELECT * FROM challenges WHERE challenge_id = $1 FOR UPDATE', [id]);
  if (row === undefined) return undefined;
  return {
    id: row.challenge_id,
    phone: row.phone,
    registration: registrationSchema.nullable().parse(row.registration),
    codeHmac: row.code_hmac,
    attemptsLeft: row.attempts_left,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  };
}

export async function takeAttempt(manager: EntityManager, id: string): Promise<void> {
  await manager.query('UPDATE challenges SET attempts_left = attempts_left - 1 WHERE challenge_id = $1', [
    id,
  ]);
}

export async function markUsed(manager: EntityManager, id: string, now: Date): Promise<void> {
  await manager.query('UPDATE challenges SET used_at = $2 WHERE challenge_id = $1', [id, now]);
}
