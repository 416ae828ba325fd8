import { visibleText } from '@florin/contracts';
import { z } from 'zod';

/**
 * Letters of any script with the marks that names have: nothing that a chat would show as a link or a number. So a dot
 * ends a word, as in "J. R. Rossi", and stands between no two letters.
 */
export const nameSchema = visibleText(200)
  .transform((name) => name.normalize('NFC').replace(/\s+/gu, ' '))
  .pipe(
    z
      .string()
      .max(80, 'must have at most 80 characters')
      .regex(
        /^\p{L}(?:[\p{L}\p{M} '’-]|(?<=[\p{L}\p{M}])\.(?= |$))*$/u,
        "must be a person's name: letters, spaces, hyphens, apostrophes, and dots at the end of a word",
      ),
  );

/** "Bruno Rossi" becomes "Bruno R.": enough to recognise whom one pays, too little to find strangers by. */
export function maskedName(name: string): string {
  const words = name.split(' ');
  const [first = name] = words;
  const initial = words.length > 1 ? [...(words.at(-1) ?? '')][0] : undefined;
  return initial === undefined ? first : `${first} ${initial.toUpperCase()}.`;
}
