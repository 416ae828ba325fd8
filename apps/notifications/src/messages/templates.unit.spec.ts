import { messageText, outboundMessageSchema } from './templates.js';

const message = {
  to: '+393471234567',
  template: 'sign_in_code',
  params: { code: '012345', minutes: 5 },
  locale: 'it',
} as const;

describe('a sign-in code', () => {
  it('is sent in the language asked for', () => {
    expect(messageText(message)).toBe('012345 è il tuo codice Florin. Vale 5 minuti. Non darlo a nessuno.');
    expect(messageText({ ...message, locale: 'en' })).toBe(
      '012345 is your Florin code. It is valid for 5 minutes. Give it to nobody.',
    );
    expect(messageText({ ...message, locale: 'pt' })).toBe(
      '012345 é o seu código Florin. Vale por 5 minutos. Não o dê a ninguém.',
    );
  });

  it.each([
    ['a number without country code', { to: '3471234567' }],
    ['another template', { template: 'advert' }],
    ['a code that is none', { params: { code: 'abcdef', minutes: 5 } }],
    ['an unknown language', { locale: 'xx' }],
  ])('is refused with %s', (_, change) => {
    expect(outboundMessageSchema.safeParse({ ...message, ...change }).success).toBe(false);
  });
});
