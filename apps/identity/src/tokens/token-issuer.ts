import { createPublicKey, createPrivateKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, SignJWT, type JSONWebKeySet, type JWK } from 'jose';

export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
}

const personTtlMs = 3_600_000;
const serviceTtlMs = 600_000;

/** Signs the tokens that all services trust. */
export class TokenIssuer {
  private constructor(
    private readonly issuer: string,
    private readonly key: KeyObject,
    private readonly publicKey: JWK & { kid: string },
  ) {}

  /** `pem` is an Ed25519 private key in PKCS8; throws on any other. */
  static async create(issuer: string, pem: string): Promise<TokenIssuer> {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('SIGNING_KEY must be an Ed25519 key');
    const jwk = await exportJWK(createPublicKey(key));
    return new TokenIssuer(issuer, key, {
      ...jwk,
      use: 'sig',
      alg: 'EdDSA',
      kid: await calculateJwkThumbprint(jwk, 'sha256'),
    });
  }

  /** The public half, for whoever verifies; the key id is its RFC 7638 thumbprint. */
  jwks(): JSONWebKeySet {
    return { keys: [this.publicKey] };
  }

  /** An access token of one hour for a person. */
  personToken(personId: string, now: Date): Promise<IssuedToken> {
    return this.sign({ audience: 'florin', subject: personId, claims: {}, ttlMs: personTtlMs }, now);
  }

  /** A token of ten minutes by which one service calls another. */
  serviceToken(service: string, scopes: readonly string[], now: Date): Promise<IssuedToken> {
    const claims = { scope: scopes.join(' ') };
    return this.sign(
      { audience: 'florin-internal', subject: `service:${service}`, claims, ttlMs: serviceTtlMs },
      now,
    );
  }

  private async sign(
    token: { audience: string; subject: string; claims: Record<string, unknown>; ttlMs: number },
    now: Date,
  ): Promise<IssuedToken> {
    const issuedAt = Math.floor(now.getTime() / 1_000);
    const expiresAt = issuedAt + token.ttlMs / 1_000;
    const accessToken = await new SignJWT(token.claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: this.publicKey.kid })
      .setIssuer(this.issuer)
      .setAudience(token.audience)
      .setSubject(token.subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.key);
    return { accessToken, expiresAt: new Date(expiresAt * 1_000) };
  }
}
