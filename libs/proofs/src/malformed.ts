/** A text or a value that is not what its format says. The message says what is wrong, and never repeats a secret. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
