/** Mistakes named in one answer at most: it must not grow with what a stranger sends. */
export const maxErrors = 20;
const maxPointerLength = 200;

/** A pointer as an answer carries it. */
export function shownPointer(pointer: string): string {
  return pointer.length > maxPointerLength ? `${pointer.slice(0, maxPointerLength)}…` : pointer;
}

/** One reference token of a JSON pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
