import { Random } from './random.js';

describe('draws', () => {
  it('follow from the seed, for ever: histories in reports are found again by it', () => {
    const random = new Random(1);
    expect(Array.from({ length: 8 }, () => random.below(1_000))).toEqual([
      627, 2, 527, 981, 968, 281, 612, 720,
    ]);
  });

  it('lie below the limit, and reach every number', () => {
    const random = new Random(2);
    const drawn = new Set(Array.from({ length: 1_000 }, () => random.below(7)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('come as often as their weight says', () => {
    const random = new Random(3);
    const drawn = Array.from({ length: 1_000 }, () =>
      random.weighted([
        [9, 'often'],
        [1, 'rarely'],
        [0, 'never'],
      ]),
    );
    expect(drawn).not.toContain('never');
    expect(drawn.filter((one) => one === 'rarely').length).toBeLessThan(200);
  });
});
