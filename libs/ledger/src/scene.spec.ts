import type { CommandWithOutcome, OpenAccount } from './commands.js';
import { decide, idOf, type Decision } from './decide.js';
import type { RejectionCode } from './entry.js';
import type { LedgerEvent } from './events.js';
import { evolve } from './evolve.js';
import {
  anna,
  bookOf,
  bruno,
  created,
  entryIdAt,
  funding,
  NOW,
  opened,
  posted,
  testMoney,
} from './given.spec.js';
import type { LedgerState } from './state.js';

/** What the specs of holds, frozen accounts, periods and assets share; holds no test itself. */

/** Anna has 200.00 EUR, Bruno nothing. */
export const funded: readonly LedgerEvent[] = [
  ...[created, opened(testMoney), opened(anna), opened(bruno)],
  posted(funding(anna, 20_000n)),
];

/** What every command but the opening of an account carries. */
export function asked(n: number): { commandId: string; reference: string } {
  return { commandId: entryIdAt(NOW, n), reference: `case-${n}` };
}

export function refusal(
  command: CommandWithOutcome,
  kind: string,
  code: RejectionCode,
  recordedAt = NOW,
): Decision {
  const { reference } = command;
  const event: LedgerEvent = {
    type: 'EntryRejected',
    entryId: idOf(command),
    kind,
    code,
    reference,
    recordedAt,
  };
  return { outcome: 'refused', code, events: [event] };
}

export function accepted(...events: LedgerEvent[]): Decision {
  return { outcome: 'accepted', events };
}

/** A book that decides one command after the other, each of which must be accepted. */
export class Scene {
  readonly events: LedgerEvent[];
  state: LedgerState;

  constructor(history: readonly LedgerEvent[] = funded) {
    this.events = [...history];
    this.state = bookOf(history);
  }

  decide(command: CommandWithOutcome | OpenAccount, nowMs = NOW, original?: LedgerEvent): Decision {
    return decide(this.state, command, nowMs, original);
  }

  do(command: CommandWithOutcome | OpenAccount, nowMs = NOW, original?: LedgerEvent): this {
    const decision = this.decide(command, nowMs, original);
    if (decision.outcome !== 'accepted') throw new Error(`${command.type}: ${JSON.stringify(decision)}`);
    return this.take(...decision.events);
  }

  take(...events: LedgerEvent[]): this {
    this.events.push(...events);
    this.state = events.reduce(evolve, this.state);
    return this;
  }
}
