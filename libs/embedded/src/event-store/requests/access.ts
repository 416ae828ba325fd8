import { createHash, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../grpc/grpc.server.js';
import { StatusCode, StatusError } from '../grpc/status.js';

/** What clients ask before they know whom they talk to. */
const OPEN_TO_ALL: ReadonlySet<string> = new Set([
  '/event_store.client.server_features.ServerFeatures/GetSupportedMethods',
  '/event_store.client.gossip.Gossip/Read',
]);

/**
 * Lets in those who know a user's password (HTTP Basic) or have a certificate with a user's name; each of them may do
 * everything. Without users everyone is let in.
 * @param users passwords by name
 */
export function access(users: Readonly<Record<string, string>> | undefined): (caller: Caller) => void {
  if (users === undefined) return () => {};
  const digests = new Map(Object.entries(users).map(([name, password]) => [name, digest(password)]));
  return ({ path, authorization, certified }) => {
    if (OPEN_TO_ALL.has(path)) return;
    // As with EventStoreDB, credentials of a call go before the connection's certificate.
    if (authorization === undefined) {
      if (certified === undefined) throw accessDenied('The call has no credentials.');
      if (!digests.has(certified)) throw accessDenied('The certificate names nobody who is known here.');
      return;
    }
    const { name, password } = basicCredentials(authorization);
    const expected = digests.get(name);
    if (expected === undefined || !timingSafeEqual(expected, digest(password))) {
      throw accessDenied('The user name or the password is wrong.');
    }
  };
}

/** @throws StatusError (unauthenticated) */
function basicCredentials(authorization: string): { name: string; password: string } {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  if (name === undefined || password === undefined)
    throw accessDenied('The credentials are not of the kind Basic.');
  return { name, password };
}

function accessDenied(message: string): StatusError {
  return new StatusError(StatusCode.unauthenticated, message, { exception: 'access-denied' });
}

/** Of one length, so that comparing tells nothing. */
function digest(password: string): Buffer {
  return createHash('sha256').update(password).digest();
}
