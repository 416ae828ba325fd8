import type { Locale } from '@florin/contracts';
import { fetchJson } from '@florin/service-host';
import { z } from 'zod';
import { refused } from '../problems.js';
import type { TokenIssuer } from '../tokens/token-issuer.js';

/** Hands a code over for delivery; rejects with `code-not-sent` unless it was taken. */
export type SendCode = (message: {
  to: string;
  code: string;
  minutes: number;
  locale: Locale;
}) => Promise<void>;

/** Sends through the notifications service, with a token that identity signs for itself. */
export function codeSender(notificationsUrl: string, issuer: TokenIssuer, now: () => Date): SendCode {
  return async ({ to, code, minutes, locale }) => {
    try {
      const { accessToken } = await issuer.serviceToken('identity', ['messages:send'], now());
      await fetchJson(`${notificationsUrl}/internal/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${accessToken}` },
        body: { to, template: 'sign_in_code', params: { code, minutes }, locale },
        schema: z.object({ messageId: z.uuid() }),
        timeoutMs: 3_000,
      });
    } catch (cause) {
      const error = refused('code-not-sent');
      error.cause = cause;
      throw error;
    }
  };
}
