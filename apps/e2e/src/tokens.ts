import { calculateJwkThumbprint, exportJWK, importPKCS8, SignJWT } from 'jose';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';

interface TokenChanges {
  readonly issuer?: string;
  readonly audience?: string;
  /** What a service may do, separated by spaces. */
  readonly scope?: string;
  /** Seconds from now; negative for an expired one. */
  readonly ttlSeconds?: number;
}

/** Signs access tokens as identity does, with the key given (Ed25519, PKCS8 PEM) under the key id that belongs to it. */
export async function tokenSigner(pem: string) {
  const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(pem)), 'sha256');
  const key = await importPKCS8(pem, 'EdDSA');
  return {
    kid,
    /** `kid` names another key than the one that signs. */
    sign(subject: string, changes: TokenChanges & { readonly kid?: string } = {}): Promise<string> {
      const { issuer = 'http://florin.local', audience = 'florin', ttlSeconds = 600 } = changes;
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT(changes.scope === undefined ? {} : { scope: changes.scope })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: changes.kid ?? kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(subject)
        .setIssuedAt(now - 3600)
        .setExpirationTime(now + ttlSeconds)
        .sign(key);
    },
  };
}

/** A key that nobody knows. */
export function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}
