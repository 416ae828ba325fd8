import type { LedgerWriter } from '@florin/books';
import {
  cloudEvent,
  markets,
  openAccount,
  outcomeIdIn,
  personRegistered,
  reverseEntry,
  topics,
  walletAccount,
  type CloudEvent,
  type EventOf,
  type MarketCode,
} from '@florin/contracts';
import type { Decision } from '@florin/ledger';
import { OnEvents } from '@florin/messaging';
import { Controller, Inject } from '@nestjs/common';
import { commandDefinitions, toLedgerCommand, toReversal, type CommandEvent } from './ledger.commands.js';
import { openTestMoney } from './ledger.js';

/** A command that can have no outcome in the book: it belongs in the dead letter. */
export class CommandUnacceptable extends Error {
  /** Read by the consumers' retry policy: the book must not wait for what cannot succeed. */
  readonly permanent = true;

  constructor(code: string) {
    super(`the ledger cannot take the command: ${code}`);
    this.name = 'CommandUnacceptable';
  }
}

interface Deps {
  readonly writerOf: (ledger: string) => LedgerWriter | undefined;
  /** Remembers the trace of a command until its outcome is published. */
  readonly remember: (outcomeId: string, event: CloudEvent) => void;
  /** Revision of the event that an entry was recorded by; -1 where there is none. */
  readonly revisionOf: (ledger: string, entryId: string) => Promise<bigint>;
  /** Whether entries of test money are taken, and the account that they come from opened. */
  readonly testMoney: boolean;
}

/**
 * Decides a run of commands. All are handed to the writer at once, so that they share an append; the run is done when every
 * outcome is in the log. A command is safe to be sent again: its id has one outcome.
 */
export function decideCommands(deps: Deps) {
  return async (events: CommandEvent[]): Promise<void> => {
    const decisions = await Promise.allSettled(events.map((event) => decideOne(deps, event)));
    for (const decision of decisions) {
      if (decision.status === 'rejected') throw decision.reason as Error;
      if (decision.value.outcome === 'unacceptable') throw new CommandUnacceptable(decision.value.code);
    }
  };
}

async function decideOne(deps: Deps, event: CommandEvent): Promise<Decision> {
  const writer = deps.writerOf(event.data.ledger);
  if (writer === undefined) throw new CommandUnacceptable('ledger_unknown');
  const outcomeId = outcomeIdIn(event.data);
  if (outcomeId !== undefined) deps.remember(outcomeId, event);
  if ('kind' in event.data && event.data.kind === 'test-funding') {
    if (!deps.testMoney) throw new CommandUnacceptable('test_money_off');
    // Not awaited: decided before the entry, in the same batch, and of no consequence where it is open already.
    void writer.submit(openTestMoney).catch(() => undefined);
  }
  if (event.type !== reverseEntry.type) return writer.submit(toLedgerCommand(event));
  const { ledger, reverses } = event.data;
  return writer.submit(toReversal(event, await deps.revisionOf(ledger, reverses)));
}

/** Asks for the wallet of everybody who registers in an open market. */
export function openWallets(
  openMarkets: readonly MarketCode[],
  publish: (events: CloudEvent[]) => Promise<void>,
) {
  return async (events: EventOf<typeof personRegistered>[]): Promise<void> => {
    const commands = events
      .filter((event) => openMarkets.includes(event.data.market))
      .map((event) =>
        cloudEvent(openAccount, {
          // The same registration asks for the same command again.
          id: event.id,
          source: '/wallet',
          time: event.time,
          data: {
            ledger: markets[event.data.market].ledger,
            account: walletAccount(event.data.personId),
            owner: event.data.personId,
          },
          ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
        }),
      );
    if (commands.length > 0) await publish(commands);
  };
}

export const commandHandler = Symbol('decide commands');
export const registrationHandler = Symbol('open wallets');

@Controller()
export class CommandConsumer {
  constructor(
    @Inject(commandHandler) private readonly decide: ReturnType<typeof decideCommands>,
    @Inject(registrationHandler) private readonly open: ReturnType<typeof openWallets>,
  ) {}

  @OnEvents(topics.ledgerCommands.name, commandDefinitions)
  commands(events: CommandEvent[]): Promise<void> {
    return this.decide(events);
  }

  @OnEvents(topics.people.name, [personRegistered])
  registrations(events: EventOf<typeof personRegistered>[]): Promise<void> {
    return this.open(events);
  }
}
