import { marketSchema, personIdSchema, type Channel, type MarketCode } from '@florin/contracts';
import { fetchJson, UpstreamProblem } from '@florin/service-host';
import { z } from 'zod';

export interface Payee {
  readonly personId: string;
  readonly market: MarketCode;
}

/** What a look-up came to. An outage is a value too: a repeated request can be answered without its payee. */
export type FoundPayee =
  { readonly found: Payee } | { readonly found: undefined } | { readonly unavailable: Error };

/** Finds who stands behind a handle, in the name of the person whose token is given. */
export type FindPayee = (
  handle: { channel: Channel; handle: string },
  accessToken: string,
) => Promise<FoundPayee>;

const payeeSchema = z.object({ personId: personIdSchema, market: marketSchema });

/** Looks payees up at identity. Nothing is cached: a handle may move to another person, and money must not follow the old one. */
export function payeeClient(identityUrl: string): FindPayee {
  return async ({ channel, handle }, accessToken) => {
    try {
      const query = new URLSearchParams({ channel, handle });
      const found = await fetchJson(`${identityUrl}/v1/payees?${query}`, {
        schema: payeeSchema,
        headers: { authorization: `Bearer ${accessToken}` },
        timeoutMs: 3_000,
      });
      return { found };
    } catch (error) {
      // 400: not a handle of that channel's form, so nobody's.
      if (error instanceof UpstreamProblem && (error.status === 404 || error.status === 400))
        return { found: undefined };
      return { unavailable: error as Error };
    }
  };
}
