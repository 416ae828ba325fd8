import { WrongUse } from '@florin/configuration';
import { readFileSync } from 'node:fs';

/** The text of a file that a command was given. Throws WrongUse where it cannot be read. */
export function textIn(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongUse(`${what} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** The JSON of a proof in a file; `undefined` where it has none. Throws WrongUse where it cannot be read. */
export function proofIn(file: string): unknown {
  const text = textIn(file, 'The proof');
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
