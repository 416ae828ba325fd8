import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';

/**
 * A proof of phone under way. Five challenges per phone and quarter of an hour, five attempts each: whoever guesses
 * has 25 tries in a million per quarter of an hour.
 */
export interface Challenge {
  readonly id: string;
  readonly codeHmac: Buffer;
  readonly expiresAt: Date;
  readonly attemptsLeft: number;
  readonly usedAt: Date | null;
}

export const challengeTtlMs = 5 * 60_000;
export const attemptsPerChallenge = 5;
export const challengesPerPhone = 5;
export const challengeWindowMs = 15 * 60_000;

export type ProofRefusal = 'challenge-used' | 'challenge-expired' | 'challenge-exhausted' | 'code-wrong';

/** A six-digit code from the system's secure randomness. */
export function newCode(): string {
  return randomInt(1_000_000).toString().padStart(6, '0');
}

/** What is stored of a code: useless without the pepper, and for any other challenge. */
export function hashCode(pepper: Buffer, challengeId: string, code: string): Buffer {
  return createHmac('sha256', pepper).update(`${challengeId}:${code}`).digest();
}

/** Judges a code. The caller stores what follows: used when accepted, one attempt fewer when wrong. */
export function proveCode(challenge: Challenge, presented: Buffer, now: Date): 'accepted' | ProofRefusal {
  if (challenge.usedAt !== null) return 'challenge-used';
  if (challenge.expiresAt <= now) return 'challenge-expired';
  if (challenge.attemptsLeft <= 0) return 'challenge-exhausted';
  return timingSafeEqual(challenge.codeHmac, presented) ? 'accepted' : 'code-wrong';
}
