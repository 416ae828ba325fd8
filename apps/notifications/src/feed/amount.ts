import { markets, type Locale, type MarketCode } from '@florin/contracts';

/** Regions whose way of writing numbers people expect; English is read with lakhs only where the money is rupees. */
const tags: Record<Locale, string> = { it: 'it-IT', en: 'en-GB', pt: 'pt-BR' };
const tagFor = (locale: Locale, currency: string): string =>
  locale === 'en' && currency === 'INR' ? 'en-IN' : tags[locale];

const formats = new Map<string, Intl.NumberFormat>();

/**
 * Minor units as a person reads them, such as `12,50 €`. Exact at any size: the digits go to Intl as a decimal string
 * and never through a floating-point number. The number of decimals is the market's, not Intl's.
 */
export function amountText(valueMinor: bigint, market: MarketCode, locale: Locale): string {
  const { currency, exponent } = markets[market];
  return formatFor(locale, currency, exponent).format(
    `${valueMinor}E-${exponent}` as Intl.StringNumericLiteral,
  );
}

/** Making a format costs a hundred times using it; there are as many as locales times currencies. */
function formatFor(locale: Locale, currency: string, exponent: number): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat(tagFor(locale, currency), {
    style: 'currency',
    currency,
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });
  formats.set(key, format);
  return format;
}
