import { markets, type Locale } from '@florin/contracts';
import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/max/metadata';

/** A number as people type it, with its country code, as E.164; `undefined` when no such number can exist. */
export function normalisePhone(input: string): string | undefined {
  const phone = parsePhoneNumberFromString(input, metadata);
  return phone?.isValid() === true ? phone.number : undefined;
}

/** The language to write in to an E.164 number of which nothing else is known. */
export function localeOfPhone(phone: string): Locale {
  const country = parsePhoneNumberFromString(phone, metadata)?.country?.toLowerCase();
  const market = Object.values(markets).find(({ code }) => code === country);
  return market?.defaultLocale ?? 'en';
}
