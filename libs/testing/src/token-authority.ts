import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in for identity where a test needs tokens of people and services, good ones and bad ones. */
export interface TokenAuthority {
  /** ISSUER and JWKS_URL of the services under test. */
  readonly environment: { ISSUER: string; JWKS_URL: string };
  /** An access token of a person; valid for an hour unless told. */
  personToken(personId: string, options?: { ttlSeconds?: number; issuer?: string }): Promise<string>;
  /** A token by which a service calls another. */
  serviceToken(service: string, scopes: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** Makes a signing key and serves its public half on a free port. */
export async function startTokenAuthority(): Promise<TokenAuthority> {
  const issuer = 'https://identity.test';
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', use: 'sig', alg: 'EdDSA' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sign = (audience: string, subject: string, claims: object, ttlSeconds: number, iss: string) => {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'test' })
      .setIssuer(iss)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(now)
      .setExpirationTime(now + ttlSeconds)
      .sign(privateKey);
  };
  return {
    environment: {
      ISSUER: issuer,
      JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    },
    personToken: (personId, { ttlSeconds = 3_600, issuer: other = issuer } = {}) =>
      sign('florin', personId, {}, ttlSeconds, other),
    serviceToken: (service, scopes) =>
      sign('florin-internal', `service:${service}`, { scope: scopes.join(' ') }, 600, issuer),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
