import type { Channel, MarketCode, FailureCodeDto } from '@florin/contracts';

/** A payment from person to person. Amounts are minor units. */
export interface Payment {
  readonly id: string;
  readonly entryId: string;
  readonly payerId: string;
  readonly payeeId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly market: MarketCode;
  readonly ledger: string;
  readonly channel: Channel;
  readonly note: string | null;
  readonly status: PaymentStatus;
  /** The ledger revision of its entry, or of the refusal. */
  readonly revision: bigint | null;
  readonly failureCode: FailureCodeDto | null;
  readonly createdAt: Date;
  readonly decidedAt: Date | null;
}

export type PaymentStatus = keyof typeof transitions;

/** The state machine: which status may follow which. Final states have no successor, so an outcome told twice changes nothing. */
export const transitions = {
  created: ['completed', 'failed'],
  completed: [],
  failed: [],
} as const satisfies Record<string, readonly string[]>;

/** The statuses from which `to` may be reached. */
export function predecessorsOf(to: PaymentStatus): PaymentStatus[] {
  return (Object.keys(transitions) as PaymentStatus[]).filter((from) =>
    (transitions[from] as readonly string[]).includes(to),
  );
}

export function isFinal(status: PaymentStatus): boolean {
  return transitions[status].length === 0;
}

/** Who may see a payment: its payer always; its payee once money has moved, so that a refused attempt stays private. */
export function isVisibleTo(payment: Payment, personId: string): boolean {
  return payment.payerId === personId || (payment.payeeId === personId && payment.status === 'completed');
}
