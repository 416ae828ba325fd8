import type { CloudEvent } from '@florin/contracts';
import { backOff, type Backoff } from './backoff.js';
import { fromKafkaMessage, MalformedEvent, names, type IncomingMessage } from './cloud-event-codec.js';
import type { Failure } from './dead-letter.js';
import { definitionOf } from './definitions.js';
import type { AnyDefinition } from './on-events.js';
import { isPermanent, isTransient } from './transient.js';

export interface BatchMessage extends IncomingMessage {
  readonly offset: string;
}

/** What happens with the messages of one partition; all of it is handed in. */
export interface BatchPolicy {
  readonly definitions: readonly AnyDefinition[];
  /** Runs of the handler that one event gets before it is given up. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  /** Aborted when the partition is lost or the service stops: nothing more is begun. */
  readonly signal: AbortSignal;
  readonly handle: (events: CloudEvent[]) => Promise<void>;
  readonly giveUp: (message: BatchMessage, failure: DeadLetterReason) => Promise<void>;
  /** Everything up to this offset, inclusive, has had its effect. */
  readonly resolved: (offset: string) => void;
  readonly report: (what: 'handled' | 'skipped' | 'retried', count: number, error?: unknown) => void;
}

/** Events handed over at once. */
const maxBatch = 500;

export type DeadLetterReason = Pick<Failure, 'reason' | 'error' | 'attempts' | 'firstFailedAt'>;

interface Item {
  readonly message: BatchMessage;
  readonly event: CloudEvent;
}

/**
 * Handles messages of one partition in order. A failing batch is tried again event by event; an event that keeps
 * failing is given up after `maxAttempts` (at once if `isPermanent`), an outage (`isTransient`) is waited out, however long: giving messages up
 * for an outage would lose their order. Returns early, the rest unresolved, when `signal` aborts.
 */
export async function handleMessages(messages: readonly BatchMessage[], policy: BatchPolicy): Promise<void> {
  for (let start = 0; start < messages.length && !policy.signal.aborted; start += maxBatch) {
    const chunk = messages.slice(start, start + maxBatch);
    const items = await decode(chunk, policy);
    if (items === undefined || !(await handleItems(items, policy))) return;
    const last = chunk.at(-1);
    if (last !== undefined) policy.resolved(last.offset);
  }
}

/** The events to handle; what is not one is given up or skipped. `undefined` when aborted on the way. */
async function decode(messages: readonly BatchMessage[], policy: BatchPolicy): Promise<Item[] | undefined> {
  const items: Item[] = [];
  for (const message of messages) {
    const event = read(message, policy);
    if (event === 'skip') policy.report('skipped', 1);
    else if (!('reason' in event)) items.push({ message, event });
    else if (!(await waitOut(() => policy.giveUp(message, event), policy))) return undefined;
  }
  return items;
}

function read(message: BatchMessage, policy: BatchPolicy): CloudEvent | 'skip' | DeadLetterReason {
  try {
    const event = fromKafkaMessage(message);
    const definition = policy.definitions.find(({ type }) => type === event.type);
    if (definition === undefined) {
      if (definitionOf(event.type) !== undefined) return 'skip';
      return refused('unknown_type', new MalformedEvent('no contract of this build names the type'));
    }
    const data = definition.data.safeParse(event.data);
    if (!data.success) return refused('contract', new MalformedEvent(names(data.error)));
    return { ...event, data: data.data };
  } catch (error) {
    if (error instanceof MalformedEvent) return refused('malformed', error);
    throw error;
  }
}

function refused(reason: DeadLetterReason['reason'], error: Error): DeadLetterReason {
  return { reason, error, attempts: 0, firstFailedAt: new Date() };
}

/** All at once if that works, else one by one. False when aborted before the end. */
async function handleItems(items: readonly Item[], policy: BatchPolicy): Promise<boolean> {
  if (items.length === 0) return true;
  if (items.length > 1) {
    const outcome = await attempt(items, policy);
    if (outcome !== 'failed') return outcome === 'handled';
  }
  for (const item of items) {
    if (!(await handleOne(item, policy))) return false;
    policy.resolved(item.message.offset);
  }
  return true;
}

async function handleOne(item: Item, policy: BatchPolicy): Promise<boolean> {
  let firstFailedAt: Date | undefined;
  let error: unknown;
  const onError = (cause: unknown): void => {
    error = cause;
    firstFailedAt ??= new Date();
  };
  let attempts = 0;
  for (;;) {
    const outcome = await attempt([item], policy, onError);
    if (outcome !== 'failed') return outcome === 'handled';
    attempts += 1;
    if (attempts >= policy.maxAttempts || isPermanent(error)) break;
    await backOff(policy.backoff, attempts, policy.signal);
  }
  const failure: DeadLetterReason = {
    reason: 'handler',
    error: error instanceof Error ? error : new Error('the handler threw no error'),
    attempts,
    firstFailedAt: firstFailedAt ?? new Date(),
  };
  return waitOut(() => policy.giveUp(item.message, failure), policy);
}

/** One run of the handler, repeated for as long as an outage lasts. */
async function attempt(
  items: readonly Item[],
  policy: BatchPolicy,
  onError: (error: unknown) => void = () => undefined,
): Promise<'handled' | 'failed' | 'aborted'> {
  let failed = false;
  const done = await waitOut(async () => {
    try {
      await policy.handle(items.map(({ event }) => event));
      policy.report('handled', items.length);
    } catch (error) {
      onError(error);
      if (isTransient(error)) throw error;
      policy.report('retried', items.length, error);
      failed = true;
    }
  }, policy);
  if (!done) return 'aborted';
  return failed ? 'failed' : 'handled';
}

/** Repeats `action` until it succeeds (true) or the work is aborted (false). */
async function waitOut(
  action: () => Promise<void>,
  policy: Pick<BatchPolicy, 'signal' | 'report' | 'backoff'>,
): Promise<boolean> {
  for (let failures = 0; !policy.signal.aborted;) {
    try {
      await action();
      return true;
    } catch (error) {
      failures += 1;
      policy.report('retried', 1, error);
      await backOff(policy.backoff, failures, policy.signal);
    }
  }
  return false;
}
