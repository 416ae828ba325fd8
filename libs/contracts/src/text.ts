import { z } from 'zod';

/**
 * Characters that nobody sees or that turn the direction of others: with them a text can pose as another one. The last three are
 * signs without ink: the blank of Braille, a note head that is not drawn, a filler.
 */
const hidden = /[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB\u2800\u{1D159}\u{16FE4}]/u;

/** The places where writing needs such characters. */
const neededHidden = new RegExp(
  [
    // Emoji of several parts (a family, a flag with a rainbow) are joined by U+200D.
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\uFE0F?)\u200D(?=\p{Extended_Pictographic})`,
    // A sign can be drawn as an emoji or as a letter.
    String.raw`(?<=[\p{Emoji}\p{S}\p{P}])[\uFE0E\uFE0F]`,
    // The flags of parts of a country.
    String.raw`(?<=\u{1F3F4})[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}`,
    // The scripts of India join or part letters after a virama.
    String.raw`(?<=[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D4D])[\u200C\u200D]`,
    // The space between words in Braille.
    String.raw`(?<=[\u2801-\u28FF])\u2800(?=[\u2801-\u28FF])`,
  ].join('|'),
  'gu',
);

const control = /[\p{Cc}\u2028\u2029]/u;

/** Code points that stand for no character that others could see: private use, noncharacters, halves of a pair, a missing object. */
const meaningless = /[\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\uFFFC]/u;

/** More than any writing needs; beyond it marks are piled over the lines around them. */
const piled = /\p{M}{9}/u;

/**
 * A text that another person will see, of `min` (1) to `max` characters without the white space around it: nothing in
 * it is hidden, turns the direction of writing or controls a terminal. `lines` lets it have several lines.
 */
export function visibleText(max: number, { min = 1, lines = false } = {}) {
  return z
    .string()
    .refine((text) => !hidden.test(text.replace(neededHidden, '')), {
      error: 'must not have invisible characters, nor any that turn the direction of writing',
      abort: true,
    })
    .refine((text) => !meaningless.test(text), {
      error: 'must not have characters without a meaning of their own, such as those for private use',
      abort: true,
    })
    .refine((text) => !piled.test(text), {
      error: 'must not have more than 8 marks on a letter',
      abort: true,
    })
    .trim()
    .refine((text) => !control.test(lines ? text.replace(/\r?\n/g, '') : text), {
      error: `must not have control characters${lines ? ' other than line breaks' : ', such as line breaks'}`,
      abort: true,
    })
    .min(min, 'must not be empty')
    .max(max, `must have at most ${max} characters`);
}

/** Characters of a handle at most, on any channel. */
export const handleMaxLength = 128;

/** A handle as people type it, to link it or to pay by it: whatever can be linked can be paid. */
export const handleText = visibleText(handleMaxLength);
