import { amountFromWire, amountToWire, fromWire, MAX_AMOUNT, toWire } from './money.js';

describe('money on the wire', () => {
  it('keeps the greatest amount exact, both ways', () => {
    for (const minor of [MAX_AMOUNT, -MAX_AMOUNT, 1_250n, 0n]) {
      const wire = toWire({ minor, currency: 'EUR' });
      expect(fromWire(wire)).toStrictEqual({ minor, currency: 'EUR' });
    }
    expect(toWire({ minor: 1_250n, currency: 'EUR' })).toStrictEqual({ value: 1250, currency: 'EUR' });
  });

  it('never rounds: beyond the safe range is an error', () => {
    expect(() => amountToWire(MAX_AMOUNT + 1n)).toThrow(RangeError);
    expect(() => amountFromWire(2 ** 53)).toThrow(RangeError);
    expect(() => amountFromWire(12.5)).toThrow(RangeError);
    expect(() => amountFromWire(Number.NaN)).toThrow(RangeError);
  });

  it('wants an ISO 4217 code', () => {
    expect(() => toWire({ minor: 1n, currency: 'euro' })).toThrow(RangeError);
    expect(() => fromWire({ value: 1, currency: '€' })).toThrow(RangeError);
  });
});
