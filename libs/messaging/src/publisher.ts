import type { CloudEvent } from '@florin/contracts';
import { Partitioners, type Kafka, type Producer } from 'kafkajs';
import { toKafkaMessage, type EncodedEvent } from './cloud-event-codec.js';
import { definitionOf } from './definitions.js';

/** One message for one topic; its partition follows from its key. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

export interface EventPublisher {
  /**
   * Writes the events to the topics of their contracts, in order per partition key. Resolves when all in-sync
   * replicas have them; after a rejection any part of them may have been written.
   */
  publish(events: readonly CloudEvent[]): Promise<void>;
  /** The same for messages that are encoded already. */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  /** Ends the connection, after the calls made so far. */
  disconnect(): Promise<void>;
}

/** Bytes of one request: a broker takes 1 MiB per batch by default, headers and framing included. */
const maxRequestBytes = 640 * 1024;

/** Publishes by an idempotent producer of `kafka`. One is enough for a process. */
export function createPublisher(kafka: Kafka): EventPublisher {
  return new KafkaPublisher(kafka);
}

/** The message that carries an event to the topic of its contract. */
export function outgoingMessage(event: CloudEvent): OutgoingMessage & EncodedEvent {
  const definition = definitionOf(event.type);
  if (definition === undefined) throw new Error(`no contract names the event type ${event.type}`);
  return { topic: definition.topic, ...toKafkaMessage(event) };
}

class KafkaPublisher implements EventPublisher {
  #producer: Promise<Producer> | undefined;
  /** Settles when the last call has its outcome. */
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly kafka: Kafka) {}

  async publish(events: readonly CloudEvent[]): Promise<void> {
    await this.send(events.map(outgoingMessage));
  }

  /** One call after the other: kafkajs mixes up the sequence numbers of concurrent requests when one of them fails. */
  send(messages: readonly OutgoingMessage[]): Promise<void> {
    const sent = this.#last.then(() => this.#sendAll(messages));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  async #sendAll(messages: readonly OutgoingMessage[]): Promise<void> {
    for (const part of parts(messages)) {
      const topicMessages = byTopic(part);
      await this.#use((producer) => producer.sendBatch({ acks: -1, timeout: 10_000, topicMessages }));
    }
  }

  async disconnect(): Promise<void> {
    await this.#last;
    const producer = this.#producer;
    this.#producer = undefined;
    await (await producer)?.disconnect();
  }

  async #use(action: (producer: Producer) => Promise<unknown>): Promise<void> {
    const producer = (this.#producer ??= this.#open());
    try {
      await action(await producer);
    } catch (error) {
      this.#replace(producer);
      throw error;
    }
  }

  async #open(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect();
      throw error;
    }
  }

  /**
   * kafkajs gives the sequence numbers of a failed request to the next one. Had the broker stored the failed request
   * after all, it would take the next one for its repetition and drop it, acknowledged. A new producer has a new id.
   */
  #replace(failed: Promise<Producer>): void {
    if (this.#producer === failed) this.#producer = undefined;
    // What it still does is of no interest any more; why it failed is with the caller.
    failed.then((producer) => producer.disconnect()).catch(() => undefined);
  }
}

function* parts(messages: readonly OutgoingMessage[]): Generator<OutgoingMessage[]> {
  let part: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (part.length > 0 && bytes + size > maxRequestBytes) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(message);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

function sizeOf({ key, value, headers }: OutgoingMessage): number {
  const texts = [key, value, ...Object.entries(headers).flat()];
  return texts.reduce<number>((sum, text) => sum + (text === null ? 0 : Buffer.byteLength(text)) + 4, 0);
}

function byTopic(messages: readonly OutgoingMessage[]) {
  return [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, group]) => ({
    topic,
    messages: group.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
  }));
}
