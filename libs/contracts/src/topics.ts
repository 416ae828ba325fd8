export interface Topic {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly description: string;
}

const week = 7 * 24 * 3_600_000;

/** Every topic, once. Each has a dead-letter topic `<name>.dlq` beside it. */
export const topics = {
  people: {
    name: 'florin.identity.people',
    partitions: 6,
    retentionMs: week,
    description: 'People and their channels. Key: person id. No names, numbers or handles.',
  },
  ledgerCommands: {
    name: 'florin.ledger.commands',
    partitions: 6,
    retentionMs: week,
    description: 'Commands to the ledger. Key: ledger id, so that one wallet instance owns each book.',
  },
  ledgerEntries: {
    name: 'florin.ledger.entries',
    partitions: 6,
    retentionMs: week,
    description: 'What each ledger recorded, in the order of its revisions. Key: ledger id.',
  },
  payments: {
    name: 'florin.payments.payments',
    partitions: 6,
    retentionMs: week,
    description: 'Every change of a payment. Key: payment id.',
  },
  catalog: {
    name: 'florin.catalog.products',
    partitions: 6,
    retentionMs: week,
    description: 'Shops and their products. Key: shop id.',
  },
} as const satisfies Record<string, Topic>;

export type TopicName = (typeof topics)[keyof typeof topics]['name'];

/** The dead-letter topic beside a topic. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/** All topics with their dead-letter topics, as a topic step or a test creates them. */
export function allTopics(): Topic[] {
  return Object.values(topics).flatMap((topic) => [
    topic,
    {
      name: deadLetterTopic(topic.name),
      partitions: 1,
      retentionMs: 4 * week,
      description: `What a consumer of ${topic.name} could not handle, with the reason.`,
    },
  ]);
}
