import { hashCode, mayChallenge, newCode, proveCode, type Challenge } from './challenge.js';

const pepper = Buffer.from('pepper');
const now = new Date('2026-11-20T10:00:00Z');
const right = hashCode(pepper, 'c1', '123456');
const wrong = hashCode(pepper, 'c1', '123457');
const challenge = (changes: Partial<Challenge> = {}): Challenge => ({
  id: 'c1',
  codeHmac: right,
  expiresAt: new Date('2026-11-20T10:05:00Z'),
  attemptsLeft: 5,
  usedAt: null,
  ...changes,
});

describe('a code', () => {
  it('has six digits', () => {
    for (let i = 0; i < 50; i++) expect(newCode()).toMatch(/^\d{6}$/);
  });

  it('is hashed for one challenge and one pepper only', () => {
    expect(hashCode(pepper, 'c2', '123456')).not.toEqual(right);
    expect(hashCode(Buffer.from('other'), 'c1', '123456')).not.toEqual(right);
  });
});

describe('one more challenge', () => {
  it.each([
    [{ ofNetwork: 0, ofPhone: 0 }, true],
    [{ ofNetwork: 4, ofPhone: 19 }, true],
    [{ ofNetwork: 5, ofPhone: 5 }, false],
    [{ ofNetwork: 0, ofPhone: 20 }, false],
  ])('after %j: %j', (recent, may) => {
    expect(mayChallenge(recent)).toBe(may);
  });
});

describe('a challenge', () => {
  it('accepts its code', () => {
    expect(proveCode(challenge(), right, now)).toBe('accepted');
  });

  it('refuses any other code', () => {
    expect(proveCode(challenge(), wrong, now)).toBe('code-wrong');
  });

  it('accepts its code on the last attempt, and none after it', () => {
    expect(proveCode(challenge({ attemptsLeft: 1 }), right, now)).toBe('accepted');
    expect(proveCode(challenge({ attemptsLeft: 0 }), right, now)).toBe('challenge-exhausted');
  });

  it('is over at its expiry, not a moment before', () => {
    const expiresAt = challenge().expiresAt;
    expect(proveCode(challenge(), right, new Date(expiresAt.getTime() - 1))).toBe('accepted');
    expect(proveCode(challenge(), right, expiresAt)).toBe('challenge-expired');
  });

  it('serves once', () => {
    expect(proveCode(challenge({ usedAt: now }), right, now)).toBe('challenge-used');
  });
});
