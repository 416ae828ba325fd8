import { marketSchema, personIdSchema, type Channel, type MarketCode } from '@florin/contracts';
import { fetchJson, UpstreamProblem } from '@florin/service-host';
import { z } from 'zod';

export interface Payee {
  readonly personId: string;
  readonly market: MarketCode;
}

/** Finds who stands behind a handle, in the name of the person whose token is given. Outages come as a value: see the handler. */
export type FindPayee = (
  handle: { channel: Channel; handle: string },
  accessToken: string,
) => Promise<Payee | { readonly unknown: true } | { readonly unavailable: unknown }>;

const payeeSchema = z.object({ personId: personIdSchema, market: marketSchema });

/** Looks payees up at identity. Nothing is cached: a handle may move to another person, and money must not follow the old one. */
export function payeeClient(identityUrl: string): FindPayee {
  return async ({ channel, handle }, accessToken) => {
    try {
      const query = new URLSearchParams({ channel, handle });
      return await fetchJson(`${identityUrl}/v1/payees?${query}`, {
        schema: payeeSchema,
        headers: { authorization: `Bearer ${accessToken}` },
        timeoutMs: 3_000,
      });
    } catch (error) {
      // 400: not a handle of that channel's form, so nobody's.
      if (error instanceof UpstreamProblem && (error.status === 404 || error.status === 400))
        return { unknown: true };
      return { unavailable: error };
    }
  };
}
