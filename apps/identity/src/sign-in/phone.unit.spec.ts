import { localeOfPhone, normalisePhone } from './phone.js';

describe('a phone number', () => {
  it.each([
    ['+39 347 123 4567', '+393471234567'],
    ['+55 (11) 98765-4321', '+5511987654321'],
    ['+919876543210', '+919876543210'],
    [' +39-347.123\u00a04567 ', '+393471234567'],
    ['(+39) 347\u2011123\u20114567', '+393471234567'],
  ])('%s is kept as %s', (typed, kept) => {
    expect(normalisePhone(typed)).toBe(kept);
  });

  it.each([
    '347 123 4567',
    '+39123',
    '',
    'anna',
    '+39 347 123 4567 8901 2345',
    'call +393471234611 now',
    '+393471234611 now',
    '+39 347 123 4611 ext. 5',
    '+39 347 123 4611 x5',
    '+39 347 123 4611#5',
    'tel:+393471234611',
    'tel:+39-347-123-4611;ext=5',
    '+393471234611 +393471234612',
  ])('%j is refused', (typed) => {
    expect(normalisePhone(typed)).toBeUndefined();
  });

  it.each([
    ['+393471234567', 'it'],
    ['+5511987654321', 'pt'],
    ['+919876543210', 'en'],
    ['+33612345678', 'en'],
  ])('%s is written to in %s', (phone, locale) => {
    expect(localeOfPhone(phone)).toBe(locale);
  });
});
