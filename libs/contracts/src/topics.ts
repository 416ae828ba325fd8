export interface Topic {
  readonly name: string;
  /** What its messages are keyed by: those of one key arrive in order. */
  readonly key: string;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly description: string;
}

const week = 7 * 24 * 3_600_000;

/** Every topic, once. Each has a dead-letter topic `<name>.dlq` beside it. */
export const topics = {
  people: {
    name: 'florin.identity.people',
    key: 'person id',
    partitions: 6,
    retentionMs: week,
    description: 'People and their channels. No names, numbers or handles.',
  },
  ledgerCommands: {
    name: 'florin.ledger.commands',
    key: 'ledger id',
    partitions: 6,
    retentionMs: week,
    description:
      'Commands to the ledger, from services and operators; their key makes one wallet instance the owner of a book.',
  },
  ledgerEntries: {
    name: 'florin.ledger.entries',
    key: 'ledger id',
    partitions: 6,
    retentionMs: week,
    description: 'What each ledger recorded, in the order of its revisions.',
  },
  payments: {
    name: 'florin.payments.payments',
    key: 'payment id',
    partitions: 6,
    retentionMs: week,
    description: 'Every change of a payment.',
  },
  catalog: {
    name: 'florin.catalog.products',
    key: 'shop id',
    partitions: 6,
    retentionMs: week,
    description: 'Shops and their products.',
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
      key: topic.key,
      partitions: 1,
      retentionMs: 4 * week,
      description: `What a consumer of ${topic.name} could not handle, with the reason.`,
    },
  ]);
}
