import { handleMaxLength, type Channel } from '@florin/contracts';
import { normalisePhone } from '../sign-in/phone.js';

/** Handles of one person, over all channels. */
export const handlesPerPerson = 20;

/** How a handle is written on each channel, for the person who typed it wrong. */
export const handleHints: Record<Channel, string> = {
  phone: 'a phone number with its country code, such as +39 347 123 4567',
  whatsapp: 'a phone number with its country code, such as +39 347 123 4567',
  messenger: 'a Messenger name of 5 to 50 letters, digits and dots',
  instagram: 'an Instagram name of 1 to 30 letters, digits, dots and underscores, with or without @',
  web: `a name or e-mail address of 3 to ${handleMaxLength} letters, digits and . _ - + @, with a letter in it`,
};

const webName = new RegExp(`^(?=.*[a-z])[a-z0-9._+@-]{3,${handleMaxLength}}$`);

/** The one way in which a handle is stored and looked up; `undefined` when the channel cannot have such a handle. */
export function normaliseHandle(channel: Channel, handle: string): string | undefined {
  switch (channel) {
    case 'phone':
    case 'whatsapp':
      return normalisePhone(handle);
    case 'messenger':
      return matching(/^[a-z0-9.]{5,50}$/, withoutAt(handle));
    case 'instagram':
      return matching(/^[a-z0-9._]{1,30}$/, withoutAt(handle));
    case 'web':
      // With a letter, so that nobody takes a number that others know as somebody's phone.
      return matching(webName, handle.trim().toLowerCase());
  }
}

const withoutAt = (handle: string): string => handle.trim().toLowerCase().replace(/^@/, '');

const matching = (pattern: RegExp, handle: string): string | undefined =>
  pattern.test(handle) ? handle : undefined;
