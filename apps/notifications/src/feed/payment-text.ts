import type { Locale, FailureCodeDto } from '@florin/contracts';

/** What one person is told about one payment. */
export type Outcome =
  | { readonly kind: 'payment_sent' | 'payment_received' }
  | { readonly kind: 'payment_failed'; readonly code: FailureCodeDto };

export type NotificationKind = Outcome['kind'];

interface Phrases {
  readonly sent: (amount: string, to: string) => string;
  readonly received: (amount: string, from: string) => string;
  readonly failed: (amount: string, to: string, reason: string) => string;
  readonly to: (name: string) => string;
  readonly from: (name: string) => string;
  readonly reasons: Record<FailureCodeDto, string>;
}

const phrases: Record<Locale, Phrases> = {
  it: {
    sent: (amount, to) => `Hai inviato ${amount}${to}`,
    received: (amount, from) => `Hai ricevuto ${amount}${from}`,
    failed: (amount, to, reason) =>
      `Il pagamento di ${amount}${to} non è riuscito: ${reason}. Non ti è stato addebitato nulla.`,
    to: (name) => ` a ${name}`,
    from: (name) => ` da ${name}`,
    reasons: {
      insufficient_funds: 'il saldo non basta',
      account_unknown: 'uno dei due portafogli non è ancora aperto',
      currency_mismatch: 'la valuta non è quella del portafoglio',
      entry_invalid: 'il pagamento non era valido',
      account_frozen: 'uno dei due portafogli è bloccato',
      account_closed: 'uno dei due portafogli è chiuso',
    },
  },
  en: {
    sent: (amount, to) => `You sent ${amount}${to}`,
    received: (amount, from) => `You received ${amount}${from}`,
    failed: (amount, to, reason) =>
      `Your payment of ${amount}${to} did not go through: ${reason}. Nothing was taken from your wallet.`,
    to: (name) => ` to ${name}`,
    from: (name) => ` from ${name}`,
    reasons: {
      insufficient_funds: 'there is not enough money in your wallet',
      account_unknown: 'one of the two wallets is not open yet',
      currency_mismatch: "the currency is not the wallet's",
      entry_invalid: 'the payment was not valid',
      account_frozen: 'one of the two wallets is frozen',
      account_closed: 'one of the two wallets is closed',
    },
  },
  pt: {
    sent: (amount, to) => `Você enviou ${amount}${to}`,
    received: (amount, from) => `Você recebeu ${amount}${from}`,
    failed: (amount, to, reason) =>
      `Seu pagamento de ${amount}${to} não foi concluído: ${reason}. Nada foi debitado da sua carteira.`,
    to: (name) => ` para ${name}`,
    from: (name) => ` de ${name}`,
    reasons: {
      insufficient_funds: 'o saldo não é suficiente',
      account_unknown: 'uma das duas carteiras ainda não está aberta',
      currency_mismatch: 'a moeda não é a da carteira',
      entry_invalid: 'o pagamento não era válido',
      account_frozen: 'uma das duas carteiras está bloqueada',
      account_closed: 'uma das duas carteiras está encerrada',
    },
  },
};

/** The sentence for an outcome in one language; it reads well without the counterparty's name. */
export function paymentText(
  outcome: Outcome,
  { amount, counterparty }: { amount: string; counterparty?: string | undefined },
  locale: Locale,
): string {
  const say = phrases[locale];
  const to = counterparty === undefined ? '' : say.to(counterparty);
  switch (outcome.kind) {
    case 'payment_sent':
      return fullStop(say.sent(amount, to));
    case 'payment_received':
      return fullStop(say.received(amount, counterparty === undefined ? '' : say.from(counterparty)));
    case 'payment_failed':
      return say.failed(amount, to, say.reasons[outcome.code]);
  }
}

/** "… to Bruno R." already ends in one. */
const fullStop = (sentence: string): string => (sentence.endsWith('.') ? sentence : `${sentence}.`);
