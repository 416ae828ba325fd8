import { z } from 'zod';
import { fetchJson } from '../http/client.js';

export interface ServiceTokenOptions {
  identityUrl: string;
  clientId: string;
  clientSecret: string;
  now?: () => number;
}

const answer = z.object({ access_token: z.string(), expires_in: z.number().positive() });

/**
 * Gives the `Authorization` header value for calls to other services: a token from `POST /internal/token` of identity
 * (client credentials), kept until shortly before it expires and fetched once for all who wait.
 */
export function serviceTokenSource(options: ServiceTokenOptions): () => Promise<string> {
  const now = options.now ?? Date.now;
  let current: { value: string; renewAt: number } | undefined;
  let fetching: Promise<string> | undefined;

  const renew = async (): Promise<string> => {
    const token = await fetchJson(`${options.identityUrl}/internal/token`, {
      method: 'POST',
      body: {
        grant_type: 'client_credentials',
        client_id: options.clientId,
        client_secret: options.clientSecret,
      },
      schema: answer,
    });
    // A tenth before its end, so that none expires on its way.
    current = { value: `Bearer ${token.access_token}`, renewAt: now() + token.expires_in * 900 };
    return current.value;
  };

  return () => {
    if (current && now() < current.renewAt) return Promise.resolve(current.value);
    fetching ??= renew().finally(() => (fetching = undefined));
    return fetching;
  };
}
