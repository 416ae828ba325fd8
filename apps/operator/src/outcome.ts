import { deadLetterTopic, entryRejected, outcomeIdIn, topics } from '@florin/contracts';
import {
  createKafka,
  createPublisher,
  kafkaSettings,
  placesOf,
  readMessages,
  type ReadMessage,
} from '@florin/messaging';
import type { Order } from './arguments.js';

/** What became of an order. */
export type Outcome =
  | { readonly outcome: 'done' | 'refused'; readonly code: string | null; readonly revision: number }
  /** Nothing can be recorded under its id: it lies in the dead letter. */
  | { readonly outcome: 'not taken'; readonly code: string; readonly revision: null };

const recorded = topics.ledgerEntries.name;
const givenUp = deadLetterTopic(topics.ledgerCommands.name);

/** Sends an order and waits for its outcome; `undefined` where none came before `signal` aborted. */
export async function carryOut(order: Order, signal: AbortSignal): Promise<Outcome | undefined> {
  const settings = kafkaSettings(order.kafka, 'operator');
  // Noted before it is asked: the answer lies behind these places, unless it was given to an earlier asking.
  const from = [
    ...(await placesOf(settings, recorded, order.repeated ? 'beginning' : 'end')),
    ...(await placesOf(settings, givenUp, 'end')),
  ];
  const publisher = createPublisher(createKafka(settings));
  try {
    await publisher.publish([order.event]);
  } finally {
    await publisher.disconnect();
  }
  const known = new AbortController();
  let outcome: Outcome | undefined;
  await readMessages(settings, 'operator', {
    ...{ topics: [recorded, givenUp], from, signal: AbortSignal.any([signal, known.signal]) },
    onMessage: (message) => {
      outcome ??= outcomeIn(message, order);
      if (outcome !== undefined) known.abort();
    },
  });
  return outcome;
}

function outcomeIn(message: ReadMessage, order: Order): Outcome | undefined {
  const header = (name: string) => message.headers?.[name]?.toString();
  if (message.topic === givenUp) {
    if (header('ce_id') !== order.event.id) return undefined;
    return { outcome: 'not taken', code: header('dlq_message') ?? '', revision: null };
  }
  if (message.key?.toString() !== order.ledger) return undefined;
  const data = JSON.parse(message.value?.toString() ?? '{}') as { revision: number; code?: string };
  if (outcomeIdIn(data) !== order.id) return undefined;
  const refused = header('ce_type') === entryRejected.type;
  return {
    ...{ outcome: refused ? 'refused' : 'done', revision: data.revision },
    code: refused ? (data.code ?? '') : null,
  };
}
