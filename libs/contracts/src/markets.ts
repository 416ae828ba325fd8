import { z } from 'zod';

/** Languages people are written to in. */
export const localeSchema = z.enum(['it', 'en', 'pt']);
export type Locale = z.infer<typeof localeSchema>;

export const marketSchema = z.enum(['it', 'br', 'in']);
export type MarketCode = z.infer<typeof marketSchema>;

export interface Market {
  readonly code: MarketCode;
  /** Id of the market's book. */
  readonly ledger: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Minor digits of the currency by ISO 4217 (never taken from Intl, whose tables differ). */
  readonly exponent: number;
  readonly defaultLocale: Locale;
  /** Where its days and months begin and end, by the IANA database: one zone for all of the market. */
  readonly timeZone: string;
}

/** The markets that can be opened. Which are open is configuration of the services. */
export const markets = {
  it: {
    code: 'it',
    ledger: 'it-eur',
    currency: 'EUR',
    exponent: 2,
    defaultLocale: 'it',
    timeZone: 'Europe/Rome',
  },
  br: {
    code: 'br',
    ledger: 'br-brl',
    currency: 'BRL',
    exponent: 2,
    defaultLocale: 'pt',
    timeZone: 'America/Sao_Paulo',
  },
  in: {
    code: 'in',
    ledger: 'in-inr',
    currency: 'INR',
    exponent: 2,
    defaultLocale: 'en',
    timeZone: 'Asia/Kolkata',
  },
} as const satisfies Record<MarketCode, Market>;

const shardSuffix = '-(?:[2-9]|[1-9][0-9]{1,2})';

/** Id of a book: of a market's own (`it-eur`), or of one of its further shards, numbered from 2 (`it-eur-2`). */
export const ledgerIdSchema = z
  .string()
  .regex(new RegExp(`^[a-z]{2}-[a-z]{3}(?:${shardSuffix})?$`))
  .meta({ description: "A market's book, or from 2 on one of its shards" });

/** Id of a market's `shard`-th book, from 1: the first is the market's own. */
export function shardOf(market: Market, shard: number): string {
  return shard === 1 ? market.ledger : `${market.ledger}-${shard}`;
}

/** The market whose book `ledger` is, or a shard of it; or `undefined`. */
export function marketOfLedger(ledger: string): Market | undefined {
  const own = ledger.replace(new RegExp(`${shardSuffix}$`), '');
  return Object.values(markets).find((market) => market.ledger === own);
}

/** The EventStoreDB stream of a book. */
export function ledgerStream(ledger: string): string {
  return `ledger-${ledger}`;
}

/** Account id of a person's available e-money (chart 2010) in their market's book. */
export function walletAccount(personId: string): string {
  return `wallet:${personId}`;
}

/** Account that test money comes from: marked as such in the book, never present where test money is switched off. */
export const testMoneyAccount = 'source:test-money';
