import type { Locale, MarketCode } from '@florin/contracts';
import { amountText } from './amount.js';

/** Intl separates with no-break spaces; the specs are easier to read without. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

describe('an amount', () => {
  it.each<[bigint, MarketCode, Locale, string]>([
    [1250n, 'it', 'it', '12,50 €'],
    [1250n, 'it', 'en', '€12.50'],
    [1250n, 'it', 'pt', '€ 12,50'],
    [123456789n, 'it', 'it', '1.234.567,89 €'],
    [1250n, 'br', 'pt', 'R$ 12,50'],
    [1250n, 'br', 'it', '12,50 BRL'],
    [12345678n, 'in', 'en', '₹1,23,456.78'],
    [1n, 'it', 'it', '0,01 €'],
    [10n, 'it', 'it', '0,10 €'],
    [100n, 'it', 'it', '1,00 €'],
  ])('of %d minor units in market %s reads in %s: %s', (valueMinor, market, locale, text) => {
    expect(plain(amountText(valueMinor, market, locale))).toBe(text);
  });

  it('is exact where floating point is not', () => {
    expect(plain(amountText(9007199254740991n, 'it', 'it'))).toBe('90.071.992.547.409,91 €');
    expect(plain(amountText(9007199254740993001n, 'it', 'it'))).toBe('90.071.992.547.409.930,01 €');
  });
});
