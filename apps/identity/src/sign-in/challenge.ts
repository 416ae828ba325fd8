import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';

/** A proof of phone under way. Only who began it knows its id, so nobody else can use up its attempts. */
export interface Challenge {
  readonly id: string;
  readonly codeHmac: Buffer;
  readonly expiresAt: Date;
  readonly attemptsLeft: number;
  readonly usedAt: Date | null;
}

export const challengeTtlMs = 5 * 60_000;
export const attemptsPerChallenge = 5;
export const challengeWindowMs = 15 * 60_000;

/** Challenges of one phone within `challengeWindowMs`, those that were proved included. */
export interface RecentChallenges {
  readonly ofNetwork: number;
  readonly ofPhone: number;
}

/** Most of them: strangers in three other networks leave the owner their full allowance. */
export const challengeLimits: RecentChallenges = { ofNetwork: 5, ofPhone: 20 };

/** Whether one more challenge may be sent. What the limits leave to guessing is in ADR 0010. */
export function mayChallenge(recent: RecentChallenges): boolean {
  return recent.ofNetwork < challengeLimits.ofNetwork && recent.ofPhone < challengeLimits.ofPhone;
}

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
