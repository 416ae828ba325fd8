import type { Kafka, ProducerBatch } from 'kafkajs';
import { createPublisher, type OutgoingMessage } from './publisher.js';

/** Producers that write down what they are asked; `behave` is called with the number of each request. */
function fakeKafka(behave: (request: number) => Promise<void> | void = () => undefined) {
  const log: string[] = [];
  let producers = 0;
  let requests = 0;
  const producer = () => {
    const name = `producer ${(producers += 1)}`;
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(void log.push(`${name} disconnected`)),
      sendBatch: async ({ topicMessages = [] }: ProducerBatch) => {
        const texts = topicMessages.map(
          ({ topic, messages }) => `${topic}: ${messages.map(({ key }) => String(key)).join(',')}`,
        );
        log.push(`${name} sends ${texts.join('; ')}`);
        await behave((requests += 1));
        return [];
      },
    };
  };
  return { log, kafka: { producer } as unknown as Kafka };
}

function message(key: string, topic = 'a', bytes = 10): OutgoingMessage {
  return { topic, key, value: 'x'.repeat(bytes), headers: {} };
}

describe('publisher', () => {
  it('sends one request for many messages, by topic, in order', async () => {
    const { log, kafka } = fakeKafka();
    await createPublisher(kafka).send([message('1'), message('2', 'b'), message('3')]);
    expect(log).toEqual(['producer 1 sends a: 1,3; b: 2']);
  });

  it('keeps requests below what a broker takes', async () => {
    const { log, kafka } = fakeKafka();
    await createPublisher(kafka).send(['1', '2', '3'].map((key) => message(key, 'a', 300 * 1024)));
    expect(log).toEqual(['producer 1 sends a: 1,2', 'producer 1 sends a: 3']);
  });

  it('sends one call after the other, in the order of the calls', async () => {
    const release = Promise.withResolvers<undefined>();
    const { log, kafka } = fakeKafka(async (request) => {
      if (request === 1) await release.promise;
    });
    const publisher = createPublisher(kafka);
    const calls = ['1', '2'].map((key) => publisher.send([message(key)]));
    await new Promise(setImmediate);
    expect(log).toEqual(['producer 1 sends a: 1']);
    release.resolve(undefined);
    await Promise.all(calls);
    expect(log).toEqual(['producer 1 sends a: 1', 'producer 1 sends a: 2']);
  });

  it('never uses a producer again after a failure, whose sequence numbers it would repeat', async () => {
    const { log, kafka } = fakeKafka((request) => {
      if (request === 1) throw new Error('request timed out');
    });
    const publisher = createPublisher(kafka);
    const [failed, next] = ['1', '2'].map((key) => publisher.send([message(key)]));
    await expect(failed).rejects.toThrow('request timed out');
    await next;
    await publisher.disconnect();
    expect(log).toEqual([
      'producer 1 sends a: 1',
      'producer 1 disconnected',
      'producer 2 sends a: 2',
      'producer 2 disconnected',
    ]);
  });
});
