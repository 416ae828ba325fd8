import { percentile, slope } from './measure.js';

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [50, 50],
    [99, 99],
    [100, 100],
  ])('rank %d of 1..100 is %d', (rank, expected) => {
    expect(percentile(hundred, rank)).toBe(expected);
  });

  it('of one value is that value, whatever the rank', () => {
    expect(percentile([7.25], 50)).toBe(7.3);
    expect(percentile([7.25], 99)).toBe(7.3);
  });
});

describe('slope', () => {
  it('is what y grows by with x', () => {
    expect(
      slope([
        [1, 5],
        [2, 7],
        [3, 9],
      ]),
    ).toBe(2);
    expect(
      slope([
        [0, 1],
        [1, 0],
        [2, 1],
      ]),
    ).toBe(0);
  });

  it('is 0 where it cannot be told', () => {
    expect(slope([[1, 5]])).toBe(0);
    expect(slope([])).toBe(0);
  });
});
