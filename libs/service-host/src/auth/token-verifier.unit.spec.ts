import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';
import { ProblemError } from '../problems.js';
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.js';

const issuer = 'https://identity.test';
const nowMs = Date.parse('2026-05-01T10:00:00Z');
const seconds = nowMs / 1_000;
/** The id of the n-th person. */
const personId = (n: number): string => `0190b5a0-0000-7000-8000-00000000000${n}`;
const anna = personId(0);

interface Key {
  kid: string;
  privateKey: CryptoKey;
}

async function newKey(kid: string, keys: JSONWebKeySet): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  keys.keys.push({ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' });
  return { kid, privateKey };
}

function sign(key: Key, claims: JWTPayload = {}): Promise<string> {
  return new SignJWT({ iss: issuer, aud: 'florin', sub: anna, exp: seconds + 60, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid })
    .sign(key.privateKey);
}

const person = (claims: JWTPayload = {}): JWTPayload => ({
  aud: 'florin',
  sub: anna,
  ...claims,
});
const service = (claims: JWTPayload = {}): JWTPayload => ({
  aud: 'florin-internal',
  sub: 'service:payments',
  scope: 'payees:read wallets:read',
  ...claims,
});

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  const error: unknown = await outcome.then(
    () => new Error('accepted'),
    (reason: unknown) => reason,
  );
  if (error instanceof ProblemError) return `${error.problem.status} ${error.problem.type.split('/').at(-1)}`;
  throw error;
}

describe('TokenVerifier', () => {
  let published: JSONWebKeySet;
  let key: Key;
  let fetches: number;
  let clock: number;
  let fetchFails: boolean;
  const verifier = (options: Partial<TokenVerifierOptions> = {}): TokenVerifier =>
    new TokenVerifier({
      issuer,
      now: () => clock,
      fetchKeys: () => {
        fetches += 1;
        return fetchFails
          ? Promise.reject(new Error('unreachable'))
          : Promise.resolve(structuredClone(published));
      },
      ...options,
    });

  beforeEach(async () => {
    published = { keys: [] };
    key = await newKey('key-1', published);
    fetches = 0;
    clock = nowMs;
    fetchFails = false;
  });

  it('knows the person of a token, and when it ends', async () => {
    const token = await sign(key, person());
    expect(await verifier().verifyPerson(`Bearer ${token}`)).toEqual({
      personId: anna,
      expiresAt: new Date(nowMs + 60_000),
    });
    const plain = await sign(key, { aud: ['florin', 'other'] });
    expect(await verifier().verifyPerson(`bearer ${plain}`)).toMatchObject({ personId: anna });
  });

  it('knows the service and the scopes of an internal token', async () => {
    const token = await sign(key, service());
    expect(await verifier().verifyService(`Bearer ${token}`, 'payees:read')).toEqual({
      service: 'payments',
      scopes: ['payees:read', 'wallets:read'],
    });
  });

  it.each([undefined, ''])('misses the token in %j', async (header) => {
    expect(await codeOf(verifier().verifyPerson(header))).toBe('401 token-missing');
  });

  it.each(['Basic YTpi', 'Bearer', 'Bearer abc', 'Bearer a.b.c', 'Bearer a.b.c d', 'x'])(
    'refuses %j',
    async (header) => {
      expect(await codeOf(verifier().verifyPerson(header))).toBe('401 token-invalid');
    },
  );

  it.each<[string, JWTPayload, string]>([
    ['an expired token', { exp: seconds - 1 }, '401 token-expired'],
    ['a token that expires now', { exp: seconds }, '401 token-expired'],
    ['the token of another issuer', { iss: 'https://evil.test' }, '401 token-foreign'],
    ['a token for another audience', { aud: 'elsewhere' }, '401 token-foreign'],
    ['the token of a service', service(), '401 token-foreign'],
    ['a token that is not valid yet', { nbf: seconds + 60 }, '401 token-invalid'],
    ['a token without a subject', { sub: '' }, '401 token-invalid'],
    ['a token of somebody whose id is none of ours', { sub: 'anna' }, '401 token-invalid'],
    ['the token of a service for people', { sub: 'service:payments' }, '401 token-invalid'],
  ])('refuses %s', async (_, claims, code) => {
    expect(await codeOf(verifier().verifyPerson(`Bearer ${await sign(key, claims)}`))).toBe(code);
  });

  it('refuses a token that never expires', async () => {
    const token = await new SignJWT({ iss: issuer, aud: 'florin', sub: anna })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid })
      .sign(key.privateKey);
    expect(await codeOf(verifier().verifyPerson(`Bearer ${token}`))).toBe('401 token-invalid');
  });

  it('refuses a token whose claims or signature were altered', async () => {
    const [header, , signature] = (await sign(key)).split('.');
    const claims = { iss: issuer, aud: 'florin', sub: personId(1), exp: seconds + 60 };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    expect(await codeOf(verifier().verifyPerson(`Bearer ${forged}`))).toBe('401 token-invalid');
  });

  it('refuses a token signed with a key of somebody else, also under the id of ours', async () => {
    const theirs = await newKey('key-2', { keys: [] });
    expect(await codeOf(verifier().verifyPerson(`Bearer ${await sign(theirs)}`))).toBe('401 token-foreign');
    const pretended = await sign({ ...theirs, kid: 'key-1' });
    expect(await codeOf(verifier().verifyPerson(`Bearer ${pretended}`))).toBe('401 token-invalid');
  });

  it('refuses a token without a signature, and one signed with the public key as a shared secret', async () => {
    const claims = { iss: issuer, aud: 'florin', sub: anna, exp: seconds + 60 };
    const none = new UnsecuredJWT(claims).encode();
    expect(await codeOf(verifier().verifyPerson(`Bearer ${none}x`))).toBe('401 token-invalid');
    const secret = new TextEncoder().encode(JSON.stringify(published.keys[0]));
    const hmac = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-1' }).sign(secret);
    expect(await codeOf(verifier().verifyPerson(`Bearer ${hmac}`))).toBe('401 token-invalid');
  });

  it('lets a service in only with the scope, and a person never', async () => {
    const token = `Bearer ${await sign(key, service())}`;
    expect(await codeOf(verifier().verifyService(token, 'ledger:write'))).toBe('403 forbidden');
    const noScope = `Bearer ${await sign(key, { aud: 'florin-internal', sub: 'service:payments' })}`;
    expect(await codeOf(verifier().verifyService(noScope, 'payees:read'))).toBe('403 forbidden');
    const asService = `Bearer ${await sign(key, service({ sub: anna }))}`;
    expect(await codeOf(verifier().verifyService(asService, 'payees:read'))).toBe('401 token-invalid');
    expect(await codeOf(verifier().verifyService(`Bearer ${await sign(key, person())}`, 'payees:read'))).toBe(
      '401 token-foreign',
    );
  });

  it('remembers a verified token only until it expires', async () => {
    const one = verifier();
    const token = `Bearer ${await sign(key)}`;
    await one.verifyPerson(token);
    clock += 59_999;
    expect(await one.verifyPerson(token)).toMatchObject({ personId: anna });
    clock += 1;
    expect(await codeOf(one.verifyPerson(token))).toBe('401 token-expired');
  });

  it('remembers no more tokens than it may, the latest used ones', async () => {
    const one = verifier({ cacheSize: 2, maxAgeMs: 0, cooldownMs: 0 });
    const tokens = await Promise.all(
      [0, 1, 2].map(async (n) => `Bearer ${await sign(key, { sub: personId(n) })}`),
    );
    await one.verifyPerson(tokens[0]);
    await one.verifyPerson(tokens[1]);
    await one.verifyPerson(tokens[0]);
    // The keys change; this one still passes with the old ones, starts the fetch and takes the place of the second.
    published.keys = [];
    clock += 1;
    await one.verifyPerson(tokens[2]);
    expect(await codeOf(one.verifyPerson(tokens[1]))).toBe('401 token-foreign');
    expect(await one.verifyPerson(tokens[0])).toMatchObject({ personId: personId(0) });
    expect(await one.verifyPerson(tokens[2])).toMatchObject({ personId: personId(2) });
  });

  it('fetches the keys once for all who wait, and again for a key it does not know', async () => {
    const one = verifier();
    const tokens = await Promise.all(
      [1, 2, 3].map(async (n) => `Bearer ${await sign(key, { sub: personId(n) })}`),
    );
    await Promise.all(tokens.map((token) => one.verifyPerson(token)));
    expect(fetches).toBe(1);
    const next = await newKey('key-2', published);
    clock += 10_000;
    expect(await one.verifyPerson(`Bearer ${await sign(next)}`)).toMatchObject({ personId: anna });
    expect(fetches).toBe(2);
  });

  it('does not let unknown keys make it fetch more than once per cool-down', async () => {
    const one = verifier();
    const strange = await newKey('strange', { keys: [] });
    for (let n = 0; n < 5; n += 1) {
      expect(await codeOf(one.verifyPerson(`Bearer ${await sign(strange, { sub: personId(n) })}`))).toBe(
        '401 token-foreign',
      );
    }
    expect(fetches).toBe(1);
  });

  it('says 503 while the keys cannot be had, and recovers', async () => {
    const one = verifier();
    fetchFails = true;
    const token = `Bearer ${await sign(key)}`;
    expect(await codeOf(one.verifyPerson(token))).toBe('503 unavailable');
    fetchFails = false;
    expect(await one.verifyPerson(token)).toMatchObject({ personId: anna });
  });

  it('goes on with old keys while new ones cannot be had, and drops those that are gone', async () => {
    const one = verifier();
    await one.verifyPerson(`Bearer ${await sign(key)}`);
    fetchFails = true;
    clock += 600_001;
    const later = (n: number): Promise<string> => sign(key, { sub: personId(n), exp: seconds + 10_000 });
    expect(await one.verifyPerson(`Bearer ${await later(1)}`)).toMatchObject({ personId: personId(1) });
    fetchFails = false;
    published.keys = [];
    await newKey('key-2', published);
    clock += 600_001;
    // This one starts the refresh, the next one sees its result.
    await one.verifyPerson(`Bearer ${await later(2)}`);
    expect(await codeOf(one.verifyPerson(`Bearer ${await later(3)}`))).toBe('401 token-foreign');
  });
});
