import { amountFromWire, amountToWire, MAX_AMOUNT } from './money.js';

describe('money on the wire', () => {
  it('keeps the greatest amount exact, both ways', () => {
    for (const minor of [MAX_AMOUNT, -MAX_AMOUNT, 1_250n, 0n]) {
      expect(amountFromWire(amountToWire(minor))).toBe(minor);
    }
    expect(amountToWire(1_250n)).toBe(1250);
  });

  it('never rounds: beyond the safe range is an error', () => {
    expect(() => amountToWire(MAX_AMOUNT + 1n)).toThrow(RangeError);
    expect(() => amountFromWire(2 ** 53)).toThrow(RangeError);
    expect(() => amountFromWire(12.5)).toThrow(RangeError);
    expect(() => amountFromWire(Number.NaN)).toThrow(RangeError);
  });
});
