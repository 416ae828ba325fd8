import { maskedName, nameSchema } from './name.js';

describe('a name', () => {
  it.each([
    ['Anna Bianchi', 'Anna Bianchi'],
    ['  João   da Silva ', 'João da Silva'],
    ["Nicolò D'Angelo", "Nicolò D'Angelo"],
    ['अनन्या शर्मा', 'अनन्या शर्मा'],
    ['J. R. Rossi Jr.', 'J. R. Rossi Jr.'],
  ])('%j is kept as %j', (typed, kept) => {
    expect(nameSchema.parse(typed)).toBe(kept);
  });

  it.each([
    '',
    '   ',
    'call +393471234567',
    'https://x.example',
    'florin-login.evil.com',
    'Bruno evil.com',
    'Bruno www.evil',
    'evil.com.',
    'evil..com',
    'Bruno .com',
    'bruno@evil',
    'Bruno evil。com',
    'A<b>',
    'x'.repeat(81),
    '\u202eannA',
    'An\u200bna',
    '\u3164',
    'A\u034fnna',
  ])('%j is refused', (typed) => {
    expect(nameSchema.safeParse(typed).success).toBe(false);
  });

  it.each([
    ['Bruno Rossi', 'Bruno R.'],
    ['Maria de souza', 'Maria S.'],
    ['Madonna', 'Madonna'],
  ])('%j is shown to others as %j', (name, shown) => {
    expect(maskedName(name)).toBe(shown);
  });
});
