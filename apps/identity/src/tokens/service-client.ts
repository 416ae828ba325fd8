import { createHash, timingSafeEqual } from 'node:crypto';
import type { ServiceClients } from '../config.js';

/** The scopes of a service that presents its secret; `undefined` for an unknown service or a wrong secret. */
export function scopesOfClient(clients: ServiceClients, id: string, secret: string): string[] | undefined {
  const client = Object.hasOwn(clients, id) ? clients[id] : undefined;
  const presented = createHash('sha256').update(secret).digest();
  // An unknown service costs the same comparison, so that time does not tell which ids exist.
  const expected =
    client === undefined ? Buffer.alloc(presented.length) : Buffer.from(client.secretHash, 'hex');
  return timingSafeEqual(presented, expected) ? client?.scopes : undefined;
}
