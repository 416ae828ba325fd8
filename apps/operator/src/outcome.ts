import {
  accountOpened,
  deadLetterTopic,
  entryRejected,
  marketOfLedger,
  openAccountOnTerms,
  outcomeIdIn,
  topics,
} from '@florin/contracts';
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
  const type = header('ce_type');
  const isOutcome =
    order.event.type === openAccountOnTerms.type
      ? type === accountOpened.type && isOpened(data, order)
      : outcomeIdIn(data) === order.id;
  if (!isOutcome) return undefined;
  const refused = type === entryRejected.type;
  return {
    ...{ outcome: refused ? 'refused' : 'done', revision: data.revision },
    code: refused ? (data.code ?? '') : null,
  };
}

/** Whether it tells of the account that was to be opened, on the same terms: others are answered by the dead letter. */
function isOpened(data: object, { event, ledger }: Order): boolean {
  const opened = accountOpened.data.parse(data);
  const { currency = marketOfLedger(ledger)?.currency, ...terms } = openAccountOnTerms.data.parse(event.data);
  const asked = Object.entries({ ...terms, currency });
  return asked.every(([name, value]) => opened[name as keyof typeof opened] === value);
}
