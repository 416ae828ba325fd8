import { markets, type Locale } from '@florin/contracts';
import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import { z } from 'zod';
import metadata from 'libphonenumber-js/max/metadata';

/** What people write between the digits of a number: nothing around it, no extension. */
const phoneForm = /^[\s(]*\+[\d\s().\p{Pd}]+$/u;

/** A number as people type it, with its country code, as E.164; `undefined` when no such number can exist. */
export function normalisePhone(input: string): string | undefined {
  if (!phoneForm.test(input)) return undefined;
  const phone = parsePhoneNumberFromString(input.replace(/[^+\d]/g, ''), { extract: false }, metadata);
  return phone?.isValid() === true ? phone.number : undefined;
}

/** The language to write in to an E.164 number of which nothing else is known. */
export function localeOfPhone(phone: string): Locale {
  const country = parsePhoneNumberFromString(phone, metadata)?.country?.toLowerCase();
  const market = Object.values(markets).find(({ code }) => code === country);
  return market?.defaultLocale ?? 'en';
}

/** A phone number in a request, in whatever spacing; becomes E.164. */
export const phoneSchema = z
  .string()
  .max(40)
  .transform((typed, context) => {
    const phone = normalisePhone(typed);
    if (phone !== undefined) return phone;
    context.addIssue({
      code: 'custom',
      message: 'must be a phone number with its country code, such as +39 347 123 4567',
    });
    return z.NEVER;
  });
