import {
  entryPosted,
  entryRejected,
  failureCodeSchema,
  topics,
  type EventOf,
  type FailureCodeDto,
  type RejectionCodeDto,
} from '@florin/contracts';
import { OnEvents, onceOnly, writeOutbox } from '@florin/messaging';
import type { PreparedDatabase } from '@florin/service-host';
import { Controller, Inject } from '@nestjs/common';
import { eventOfDecision } from './payment.events.js';
import type { Payment } from './payment.js';
import { decidePayments, type EntryOutcome } from './payment.store.js';

export type LedgerOutcome = EventOf<typeof entryPosted> | EventOf<typeof entryRejected>;

interface Deps {
  readonly database: PreparedDatabase;
  readonly settled: (payments: Payment[]) => void;
}

/** Completes and fails payments as the ledger says, and tells so in the same transaction. */
export function applyOutcomes(deps: Deps) {
  return async (events: LedgerOutcome[]): Promise<void> => {
    const decided = await deps.database.transaction(async (sql) => {
      const fresh = await onceOnly(sql, 'payments', events);
      const payments = await decidePayments(sql, fresh.filter(isPayment).map(toOutcome));
      // A batch holds the entries of many requests: each payment goes on in the trace of its own.
      const causes = new Map(fresh.map((event) => [event.data.entryId, event]));
      await writeOutbox(
        sql,
        payments.map((payment) => eventOfDecision(payment, causes.get(payment.entryId))),
      );
      return payments;
    });
    if (decided.length > 0) deps.settled(decided);
  };
}

function isPayment(event: LedgerOutcome): boolean {
  return event.data.kind === 'p2p';
}

function toOutcome(event: LedgerOutcome): EntryOutcome {
  const refused = event.type === entryRejected.type ? event : undefined;
  return {
    entryId: event.data.entryId,
    status: refused ? 'failed' : 'completed',
    revision: event.data.revision,
    failureCode: refused ? failureOf(refused.data.code) : null,
    decidedAt: event.time,
  };
}

function failureOf(code: RejectionCodeDto): FailureCodeDto {
  const known = failureCodeSchema.safeParse(code);
  return known.success ? known.data : 'entry_invalid';
}

export const outcomeHandler = Symbol('apply outcomes');

@Controller()
export class OutcomeConsumer {
  constructor(@Inject(outcomeHandler) private readonly apply: ReturnType<typeof applyOutcomes>) {}

  @OnEvents(topics.ledgerEntries.name, [entryPosted, entryRejected])
  outcomes(events: LedgerOutcome[]): Promise<void> {
    return this.apply(events);
  }
}
