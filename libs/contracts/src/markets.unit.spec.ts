import { ledgerIdSchema, marketOfLedger, markets, shardOf } from './markets.js';

describe('the id of a book', () => {
  it.each(['it-eur', 'br-brl', 'it-eur-2', 'it-eur-10', 'it-eur-999'])('can be %s', (id) => {
    expect(ledgerIdSchema.safeParse(id).success).toBe(true);
  });

  it.each(['it', 'it-eur-', 'it-eur-0', 'it-eur-1', 'it-eur-02', 'it-eur-1000', 'it-eur-2-2', 'it-eur-a'])(
    'cannot be %s',
    (id) => {
      expect(ledgerIdSchema.safeParse(id).success).toBe(false);
      expect(marketOfLedger(id)).toBeUndefined();
    },
  );

  it('tells the market, whichever shard it is of', () => {
    for (const market of Object.values(markets)) {
      for (const shard of [1, 2, 10]) {
        expect(ledgerIdSchema.parse(shardOf(market, shard))).toBe(shardOf(market, shard));
        expect(marketOfLedger(shardOf(market, shard))).toBe(market);
      }
    }
    expect(shardOf(markets.it, 1)).toBe('it-eur');
    expect(marketOfLedger('fr-eur-2')).toBeUndefined();
  });
});
