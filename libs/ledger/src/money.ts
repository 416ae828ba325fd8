/** The greatest amount and the greatest balance, in minor units: what every JSON parser keeps exact. */
export const MAX_AMOUNT = 2n ** 53n - 1n;

/** An ISO 4217 code. */
export const CURRENCY = /^[A-Z]{3}$/;

/** An ISO 4217 code, or the longer code of an asset issued in a book. */
export const CURRENCY_OR_ASSET = /^[A-Z][A-Z0-9]{2,11}$/;

/** Whether an amount lies in the range that the wire and the books can hold exactly. */
export function isSafeAmount(minor: bigint): boolean {
  return minor <= MAX_AMOUNT && minor >= -MAX_AMOUNT;
}

/** Minor units as a JSON integer. Throws a RangeError beyond the safe range: never rounds. */
export function amountToWire(minor: bigint): number {
  if (!isSafeAmount(minor)) throw new RangeError(`${minor} is beyond the greatest amount, ${MAX_AMOUNT}`);
  return Number(minor);
}

/** A JSON integer as minor units. Throws a RangeError for a fraction and for what lies beyond the safe range. */
export function amountFromWire(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number of minor units`);
  return BigInt(value);
}

/** Whether a number is an instant that a book can hold: whole ms since the epoch. */
export function isInstant(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0;
}
