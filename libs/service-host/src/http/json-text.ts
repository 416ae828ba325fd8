/** Objects and lists within each other at most. */
const maxDepth = 32;

const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket] = [
  0x22, 0x5c, 0x2c, 0x7b, 0x7d, 0x5b, 0x5d,
];

/** What JSON's parser would let pass: a nesting that could exhaust the stack, or a key that hides another. */
export type TextFault =
  { readonly kind: 'too-deep' } | { readonly kind: 'duplicate-key'; readonly key: string };

/**
 * Looks for a fault in the text of JSON, before anything walks its value: of two equal keys a parser keeps one, and the
 * next reader may keep the other. In a text that is not JSON it may find none.
 */
export function faultOf(text: string): TextFault | undefined {
  /** The keys of each object that is open; `undefined` stands for a list. */
  const open: (Set<string> | undefined)[] = [];
  let keys: Set<string> | undefined;
  let atKey = false;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case quote: {
        const end = endOfString(text, index);
        if (keys !== undefined && atKey) {
          const key = unescaped(text.slice(index + 1, end));
          if (keys.has(key)) return { kind: 'duplicate-key', key };
          keys.add(key);
          atKey = false;
        }
        index = end;
        break;
      }
      case comma:
        atKey = true;
        break;
      case openBrace:
      case openBracket:
        if (open.length === maxDepth) return { kind: 'too-deep' };
        atKey = text.charCodeAt(index) === openBrace;
        keys = atKey ? new Set() : undefined;
        open.push(keys);
        break;
      case closeBrace:
      case closeBracket:
        open.pop();
        keys = open.at(-1);
        break;
    }
  }
  return undefined;
}

/** Where the string that begins at `start` ends: its closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (character === backslash) index += 1;
    else if (character === quote) return index;
  }
  return text.length;
}

/** The same key can be written in many ways: `"a"`, `"\u0061"`. */
function unescaped(key: string): string {
  if (!key.includes('\\')) return key;
  try {
    return String(JSON.parse(`"${key}"`));
  } catch {
    // The parser will say that it is not JSON.
    return key;
  }
}
