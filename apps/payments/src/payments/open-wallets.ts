import type { Payment } from './payment.js';

/**
 * Wallets that are known to be open, because money has arrived in them. Who is not among them may have one all the same:
 * to ask for it again changes nothing. Remembers at most `atMost`; who was paid longest ago is forgotten first.
 */
export class OpenWallets {
  readonly #open = new Set<string>();

  constructor(private readonly atMost = 100_000) {}

  hasPayeeOf(payment: Payment): boolean {
    return this.#open.has(walletOf(payment));
  }

  /** Remembers the payee's wallet where the payment is completed. */
  learnFrom(payment: Payment): void {
    if (payment.status !== 'completed') return;
    const wallet = walletOf(payment);
    this.#open.delete(wallet);
    this.#open.add(wallet);
    if (this.#open.size <= this.atMost) return;
    const [oldest] = this.#open;
    if (oldest !== undefined) this.#open.delete(oldest);
  }
}

function walletOf({ ledger, payeeId }: Payment): string {
  return `${ledger}/${payeeId}`;
}
