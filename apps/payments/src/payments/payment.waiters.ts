import type { Payment } from './payment.js';

type Settle = (payment: Payment | undefined) => void;

/**
 * Requests that wait for their payment's outcome. The instance that hears of the outcome settles its own waiters at once;
 * a request at another instance finds it by looking again when its wait ends.
 */
export class PaymentWaiters {
  private readonly waiting = new Map<string, Set<Settle>>();
  /** How many requests wait, by person; those who have none are not in it. */
  private readonly places = new Map<string, number>();
  private placesInAll = 0;
  private isClosed = false;

  /** While the ledger is away every wait lasts to its end, with a connection of the gateway: so there are few, and fewer of one person. */
  constructor(private readonly atMost = { ofPerson: 64, ofAll: 192 }) {}

  /** Runs `wait` for a request of this person; gives nothing, at once, where too many are waiting already. */
  async within<Result>(personId: string, wait: () => Promise<Result>): Promise<Result | undefined> {
    const own = this.places.get(personId) ?? 0;
    if (own >= this.atMost.ofPerson || this.placesInAll >= this.atMost.ofAll) return undefined;
    this.places.set(personId, own + 1);
    this.placesInAll += 1;
    try {
      return await wait();
    } finally {
      this.placesInAll -= 1;
      const left = (this.places.get(personId) ?? 1) - 1;
      if (left === 0) this.places.delete(personId);
      else this.places.set(personId, left);
    }
  }

  /** Resolves with the decided payment when `settle` names it, or with nothing after `ms`. */
  wait(paymentId: string, ms: number): Promise<Payment | undefined> {
    if (this.isClosed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const waiters = this.waiting.get(paymentId) ?? new Set();
      this.waiting.set(paymentId, waiters);
      const done: Settle = (payment) => {
        clearTimeout(timer);
        waiters.delete(done);
        if (waiters.size === 0) this.waiting.delete(paymentId);
        resolve(payment);
      };
      const timer = setTimeout(done, ms, undefined);
      waiters.add(done);
    });
  }

  settle(payments: Iterable<Payment>): void {
    for (const payment of payments) {
      for (const done of [...(this.waiting.get(payment.id) ?? [])]) done(payment);
    }
  }

  /** Lets every request go, now and from now on: the service stops, and their payments go on without them. */
  close(): void {
    this.isClosed = true;
    for (const waiters of [...this.waiting.values()]) for (const done of [...waiters]) done(undefined);
  }

  get closed(): boolean {
    return this.isClosed;
  }

  get size(): number {
    return this.waiting.size;
  }
}
