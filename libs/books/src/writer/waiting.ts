import {
  decide,
  draftOf,
  evolve,
  MAX_POSTINGS,
  type Decision,
  type LedgerCommand,
  type LedgerEvent,
  type LedgerState,
} from '@florin/ledger';

/** What a caller wants of the decision on a command: `state` is the book right after it, and not to be kept. */
export type See<T> = (decision: Decision, state: LedgerState, command: LedgerCommand) => T;

/** What becomes of commands that are all taken or none: what was seen of each, or the decisions that forbid it. */
export type AllOrNothing<T> =
  { readonly taken: true; readonly seen: T[] } | { readonly taken: false; readonly decisions: Decision[] };

/** Something that waits for its turn at a book. */
export interface Waiting {
  /** How much of an append its events may take up. */
  readonly weight: number;
  /** Decides on the book; each event goes to `record`, which evolves the book. Answers what to resolve with. */
  readonly run: (state: () => LedgerState, record: (event: LedgerEvent) => void, nowMs: number) => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Run = Waiting['run'];

/** Decides one command. `original` is what the log has at the revision that a reversal names. */
export function runOne<T>(command: LedgerCommand, original: LedgerEvent | undefined, see: See<T>): Run {
  return (state, record, nowMs) => {
    const decision = decide(state(), command, nowMs, original);
    for (const event of decision.events) record(event);
    return see(decision, state(), command);
  };
}

/** Decides commands one after the other, each for itself. */
export function runEach<T>(commands: readonly LedgerCommand[], see: See<T>): Run {
  return (state, record, nowMs) =>
    commands.map((command) => runOne(command, undefined, see)(state, record, nowMs) as T);
}

/** Decides commands all or nothing: they are tried on a draft of the book, and recorded where none is refused there. */
export function runAll<T>(commands: readonly LedgerCommand[], see: See<T>): Run {
  return (state, record, nowMs): AllOrNothing<T> => {
    const draft = draftOf(state());
    const decisions = commands.map((command) => {
      const decision = decide(draft, command, nowMs);
      for (const event of decision.events) evolve(draft, event);
      return decision;
    });
    const [first] = decisions;
    const taken =
      (first?.outcome === 'accepted' || first?.outcome === 'repeated') &&
      decisions.every(({ outcome }) => outcome === first.outcome);
    if (!taken) return { taken, decisions };
    const seen = decisions.map((decision, index) => {
      for (const event of decision.events) record(event);
      return see(decision, state(), commands[index] as LedgerCommand);
    });
    return { taken, seen };
  };
}

/**
 * What an append may weigh. A unit stands for 100 bytes: a posting is stored in less, an event without postings and metadata
 * in 800, metadata in 500; and EventStoreDB takes 1 MiB in one append.
 */
export const MAX_APPEND_WEIGHT = 10_000;
const eventWeight = 8;
const metadataWeight = 5;

/** The most that the events of a command weigh; of a reversal it is not known before its entry is looked at. */
export function weightOf(command: LedgerCommand): number {
  if (command.type === 'ExpireHolds') return eventWeight * command.limit;
  const metadata = 'metadata' in command ? metadataWeight : 0;
  if (command.type === 'PostEntry') return eventWeight + command.postings.length + metadata;
  return command.type === 'ReverseEntry' ? eventWeight + MAX_POSTINGS + metadata : eventWeight;
}

/** How many of those that wait, at least one, fit into an append. */
export function batchLength(waiting: readonly Waiting[]): number {
  let total = 0;
  let length = 0;
  for (const { weight } of waiting) {
    total += weight;
    if (length > 0 && total > MAX_APPEND_WEIGHT) return length;
    length += 1;
  }
  return length;
}

/** Commands in their order, in parts that fit into an append each. */
export function partsOf(
  commands: readonly LedgerCommand[],
): { readonly commands: LedgerCommand[]; weight: number }[] {
  const parts: { readonly commands: LedgerCommand[]; weight: number }[] = [];
  for (const command of commands) {
    const weight = weightOf(command);
    const last = parts.at(-1);
    if (last === undefined || last.weight + weight > MAX_APPEND_WEIGHT) {
      parts.push({ commands: [command], weight });
    } else {
      last.commands.push(command);
      last.weight += weight;
    }
  }
  return parts;
}
