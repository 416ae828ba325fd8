import { localeSchema, type Locale } from '@florin/contracts';
import { z } from 'zod';

/** A message to somebody who may not be a customer yet: it goes to a number, not to a person. */
export const outboundMessageSchema = z.strictObject({
  to: z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 number such as +393471234567'),
  template: z.literal('sign_in_code'),
  params: z.strictObject({
    code: z.string().regex(/^\d{6}$/, 'must be six digits'),
    minutes: z.int().min(1).max(60).describe('How long the code is valid'),
  }),
  locale: localeSchema,
});

export type OutboundMessage = z.infer<typeof outboundMessageSchema>;

const signInCode: Record<Locale, (code: string, minutes: number) => string> = {
  it: (code, minutes) => `${code} è il tuo codice Florin. Vale ${minutes} minuti. Non darlo a nessuno.`,
  en: (code, minutes) =>
    `${code} is your Florin code. It is valid for ${minutes} minutes. Give it to nobody.`,
  pt: (code, minutes) => `${code} é o seu código Florin. Vale por ${minutes} minutos. Não o dê a ninguém.`,
};

/** The text of a message in its language. */
export function messageText({ params, locale }: OutboundMessage): string {
  return signInCode[locale](params.code, params.minutes);
}
