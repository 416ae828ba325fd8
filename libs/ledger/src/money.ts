/** The greatest amount and the greatest balance, in minor units: what every JSON parser keeps exact. */
export const MAX_AMOUNT = 2n ** 53n - 1n;

/** An amount in minor units (cents) of an ISO 4217 currency. */
export interface Money {
  readonly minor: bigint;
  readonly currency: string;
}

/** Money as JSON carries it. */
export interface WireMoney {
  readonly value: number;
  readonly currency: string;
}

export const CURRENCY = /^[A-Z]{3}$/;

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

/** Throws a RangeError if the amount is beyond the safe range or the currency is not an ISO 4217 code. */
export function toWire(money: Money): WireMoney {
  return { value: amountToWire(money.minor), currency: checkedCurrency(money.currency) };
}

/** Throws a RangeError if the value is not a safe integer or the currency is not an ISO 4217 code. */
export function fromWire(wire: WireMoney): Money {
  return { minor: amountFromWire(wire.value), currency: checkedCurrency(wire.currency) };
}

function checkedCurrency(currency: string): string {
  if (!CURRENCY.test(currency)) throw new RangeError(`"${currency}" is not an ISO 4217 code such as EUR`);
  return currency;
}
