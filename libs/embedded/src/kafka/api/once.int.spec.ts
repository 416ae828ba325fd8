import { limits } from '../limits.js';
import { recordBatch } from '../testing/batch.fixture.spec.js';
import { TestBroker } from '../testing/broker.fixture.spec.js';
import { RawClient } from '../testing/raw-client.fixture.spec.js';
import * as clusterApi from '../wire/cluster.api.js';
import * as dataApi from '../wire/data.api.js';
import { errors } from '../wire/errors.js';
import * as groupApi from '../wire/group.api.js';
import * as topicApi from '../wire/topic.api.js';

const TIMES = 40_000;

describe('a request that names one thing many times', () => {
  let broker: TestBroker;
  let client: RawClient;
  beforeAll(async () => {
    broker = await TestBroker.start();
    await broker.createTopic('wide', 100);
    client = await RawClient.connect(broker.port);
  });
  afterAll(async () => {
    client.destroy();
    await broker.stop();
  });

  /** The same topic in each of 100 entries, with the same partition in each of these. */
  function repeated<Partition>(partition: Partition) {
    const partitions = Array.from({ length: TIMES / 100 }, () => partition);
    return Array.from({ length: 100 }, () => ({ name: 'wide', partitions }));
  }
  const fetchRequest = {
    ...{ replicaId: -1, maxWaitMs: 30_000, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 0 },
    ...{ sessionId: 0, sessionEpoch: -1, forgottenTopics: [], rackId: '' },
  };

  it('gets metadata, settings and groups once', async () => {
    const names = Array.from({ length: TIMES }, () => 'wide');
    const { topics } = await client.request(clusterApi.metadata, 5, {
      ...{ topics: names, allowAutoTopicCreation: false },
      ...{ includeClusterOperations: false, includeTopicOperations: false },
    });
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([100]);
    const resources = names.map((name) => ({ type: 2, name, configNames: null }));
    const described = await client.request(topicApi.describeConfigs, 0, {
      ...{ resources, includeSynonyms: false, includeDocumentation: false },
    });
    expect(described.resources).toHaveLength(1);
    const changes = names.map((name) => ({ type: 2, name, configs: [{ name: 'retention.ms', value: '5' }] }));
    const altered = await client.request(topicApi.alterConfigs, 0, {
      resources: changes,
      validateOnly: false,
    });
    expect(altered.resources).toHaveLength(1);
    const groups = await client.request(groupApi.describeGroups, 2, {
      groups: names,
      includeOperations: false,
    });
    expect(groups.groups).toHaveLength(1);
    const fetched = await client.request(groupApi.offsetFetch, 2, { groupId: 'g', topics: repeated(7) });
    expect(fetched.topics.flatMap(({ partitions }) => partitions)).toHaveLength(1);
  });

  it('waits for a message once, and searches for a time once', async () => {
    const fetcher = await RawClient.connect(broker.port);
    const partition = { index: 3, leaderEpoch: -1, offset: 0, logStartOffset: -1, maxBytes: 1_000_000 };
    const fetched = fetcher.request(dataApi.fetch, 4, { ...fetchRequest, topics: repeated(partition) });
    await client.request(dataApi.produce, 8, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 1_000 },
      topics: [{ name: 'wide', partitions: [{ index: 3, records: recordBatch({ attributes: 1 }) }] }],
    });
    const answered = (await fetched).topics.flatMap(({ partitions }) => partitions);
    expect(answered.map(({ records }) => (records?.length ?? 0) > 0)).toEqual([true]);
    fetcher.destroy();

    const asked = repeated({ index: 3, leaderEpoch: -1, timestamp: 500 });
    const { topics } = await client.request(dataApi.listOffsets, 1, {
      ...{ replicaId: -1, isolationLevel: 0, topics: asked },
    });
    expect(topics.flatMap(({ partitions }) => partitions.map(({ offset }) => offset))).toEqual([0]);
  });

  it('does not create more topics than there can be', async () => {
    const create = async (names: readonly string[]) => {
      const topics = names.map((name) => ({
        ...{ name, partitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      }));
      const request = { topics, timeoutMs: 1_000, validateOnly: true };
      const answer = await client.request(topicApi.createTopics, 2, request);
      return new Set(answer.topics.map(({ errorCode }) => errorCode));
    };
    const names = Array.from({ length: limits.topics + 1 }, (_, index) => `n.${index}`);
    expect(await create(names)).toEqual(new Set([errors.POLICY_VIOLATION]));
    expect(await create(names.slice(1))).toEqual(new Set([errors.NONE]));
  });
});
