import {
  markets,
  type EventOf,
  type Locale,
  type MarketCode,
  type paymentCompleted,
  type paymentFailed,
} from '@florin/contracts';
import { amountText } from './amount.js';
import { paymentText, type Outcome } from './payment-text.js';

export type DecidedPayment = EventOf<typeof paymentCompleted> | EventOf<typeof paymentFailed>;

/** Something to tell one person, before it is put into words. */
export interface News {
  readonly eventId: string;
  readonly personId: string;
  readonly counterpartyId: string;
  readonly paymentId: string;
  readonly market: MarketCode;
  readonly valueMinor: bigint;
  readonly outcome: Outcome;
}

/** Whom a decided payment concerns: both sides when money moved, the payer alone when it did not. */
export function newsOf({ id: eventId, data }: DecidedPayment): News[] {
  const { paymentId, payerId, payeeId, market, amount } = data;
  const payment = { eventId, paymentId, market, valueMinor: BigInt(amount.value) };
  const toPayer = { ...payment, personId: payerId, counterpartyId: payeeId };
  if ('code' in data) return [{ ...toPayer, outcome: { kind: 'payment_failed', code: data.code } }];
  return [
    { ...toPayer, outcome: { kind: 'payment_sent' } },
    { ...payment, personId: payeeId, counterpartyId: payerId, outcome: { kind: 'payment_received' } },
  ];
}

/** News as a person will read it. */
export interface Message {
  readonly locale: Locale;
  readonly text: string;
}

/** Puts news into words: in the person's language, or the market's while theirs is not known yet. */
export function messageOf(
  news: News,
  known: { locale: Locale | null; counterparty: string | undefined },
): Message {
  const locale = known.locale ?? markets[news.market].defaultLocale;
  const amount = amountText(news.valueMinor, news.market, locale);
  return { locale, text: paymentText(news.outcome, { amount, counterparty: known.counterparty }, locale) };
}
