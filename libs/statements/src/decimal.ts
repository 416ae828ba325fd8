/** Minor units as a decimal number with a dot, from integers alone: -1250 with two minor digits is `-12.50`. */
export function decimalOf(minor: bigint, exponent: number): string {
  const sign = minor < 0n ? '-' : '';
  const digits = magnitude(minor)
    .toString()
    .padStart(exponent + 1, '0');
  if (exponent === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** An amount without its sign. */
export function magnitude(minor: bigint): bigint {
  return minor < 0n ? -minor : minor;
}
