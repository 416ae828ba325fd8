import { amountFromWire, amountToWire, CURRENCY, CURRENCY_OR_ASSET, MAX_AMOUNT } from './money.js';

describe('money on the wire', () => {
  it('keeps the greatest amount exact, both ways', () => {
    for (const minor of [MAX_AMOUNT, -MAX_AMOUNT, 1_250n, 0n]) {
      expect(amountFromWire(amountToWire(minor))).toBe(minor);
    }
    expect(amountToWire(1_250n)).toBe(1250);
  });

  it('never rounds: beyond the safe range is an error', () => {
    expect(() => amountToWire(MAX_AMOUNT + 1n)).toThrow(
      new RangeError('9007199254740992 is beyond the greatest amount, 9007199254740991'),
    );
    expect(() => amountFromWire(2 ** 53)).toThrow(RangeError);
    expect(() => amountFromWire(12.5)).toThrow(new RangeError('12.5 is not a whole number of minor units'));
    expect(() => amountFromWire(Number.NaN)).toThrow(RangeError);
  });
});

describe('the code of a currency', () => {
  it('has three letters, that of an asset up to twelve and digits', () => {
    expect(['EUR', 'eur', 'EU', 'EURO', 'xEUR', 'EUR1'].filter((code) => CURRENCY.test(code))).toStrictEqual([
      'EUR',
    ]);
    const codes = ['EUR', 'CAFFE', 'A12345678901', '1AB', 'AB', 'A123456789012', 'xCAFFE', 'CAFFE!'];
    expect(codes.filter((code) => CURRENCY_OR_ASSET.test(code))).toStrictEqual([
      'EUR',
      'CAFFE',
      'A12345678901',
    ]);
  });
});
