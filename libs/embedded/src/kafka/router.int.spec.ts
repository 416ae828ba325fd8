import { randomBytes } from 'node:crypto';
import { limits } from './limits.js';
import { recordBatch } from './testing/batch.fixture.spec.js';
import { TestBroker } from './testing/broker.fixture.spec.js';
import { RawClient } from './testing/raw-client.fixture.spec.js';
import * as accessApi from './wire/access.api.js';
import * as clusterApi from './wire/cluster.api.js';
import { array, int16, struct } from './wire/codec.js';
import * as dataApi from './wire/data.api.js';
import { errors } from './wire/errors.js';
import * as groupApi from './wire/group.api.js';

describe('the protocol, byte by byte', () => {
  let broker: TestBroker;
  let client: RawClient;
  beforeAll(async () => {
    broker = await TestBroker.start();
    await broker.createTopic('raw');
    client = await RawClient.connect(broker.port);
  });
  afterAll(async () => {
    client.destroy();
    await broker.stop();
  });

  const produceRequest = (records: Buffer | null, changes = {}) => ({
    transactionalId: null,
    acks: -1,
    timeoutMs: 1_000,
    topics: [{ name: 'raw', partitions: [{ index: 0, records }] }],
    ...changes,
  });
  const produce = async (records: Buffer | null, changes = {}) => {
    const { topics } = await client.request(dataApi.produce, 8, produceRequest(records, changes));
    return topics[0]?.partitions[0];
  };
  const fetchRequest = (offset: number, changes = {}) => ({
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        name: 'raw',
        partitions: [{ index: 0, leaderEpoch: -1, offset, logStartOffset: -1, maxBytes: 1_000_000 }],
      },
    ],
    forgottenTopics: [],
    rackId: '',
    ...changes,
  });

  it('answers every version of ApiVersions that it knows, and a newer one in the oldest form', async () => {
    const known = await client.request(clusterApi.apiVersions, 2, {});
    expect(known.errorCode).toBe(errors.NONE);
    expect(known.apis).toContainEqual({ key: 0, min: 3, max: 8 });

    const reader = await client.send(clusterApi.apiVersions.key, 3, randomBytes(20));
    const oldest = struct({ errorCode: int16, apis: array(struct({ key: int16, min: int16, max: int16 })) });
    expect(oldest.read(reader, 0)).toEqual({ errorCode: errors.UNSUPPORTED_VERSION, apis: known.apis });
    expect(reader.remaining).toBe(0);
  });

  it.each([
    ['a request that does not exist', 999, 0],
    ['a request for transactions', 24, 0],
    ['a version that is too new', dataApi.fetch.key, 12],
    ['a version that is too old', dataApi.produce.key, 2],
  ])('answers %s with the error for that', async (_, key, version) => {
    const reader = await client.send(key, version, Buffer.alloc(0));
    expect(reader.int16()).toBe(errors.UNSUPPORTED_VERSION);
  });

  it('answers who signs in as a port does that does not ask for it', async () => {
    for (const version of [0, 1]) {
      expect(await client.request(accessApi.saslHandshake, version, { mechanism: 'PLAIN' })).toEqual({
        errorCode: errors.ILLEGAL_SASL_STATE,
        mechanisms: [],
      });
      const authBytes = Buffer.from('\0user\0password');
      const answer = await client.request(accessApi.saslAuthenticate, version, { authBytes });
      expect(answer.errorCode).toBe(errors.ILLEGAL_SASL_STATE);
    }
    const { apis } = await client.request(clusterApi.apiVersions, 2, {});
    expect(apis.filter(({ key }) => [17, 36].includes(key))).toHaveLength(2);
  });

  it('answers in the order of the requests', async () => {
    const answers: string[] = [];
    await Promise.all([
      client.request(dataApi.fetch, 4, fetchRequest(0, { maxWaitMs: 200 })).then(() => answers.push('fetch')),
      client.request(clusterApi.apiVersions, 0, {}).then(() => answers.push('versions')),
      produce(recordBatch()).then(() => answers.push('produce')),
    ]);
    expect(answers).toEqual(['fetch', 'versions', 'produce']);
  });

  it('holds idempotent producers to their sequence, over a restart', async () => {
    const { producerId } = await client.request(clusterApi.initProducerId, 1, {
      transactionalId: null,
      transactionTimeoutMs: 0,
    });
    const send = (firstSequence: number, producerEpoch = 0) =>
      produce(recordBatch({ values: ['a', 'b'], producerId, producerEpoch, firstSequence }));
    const first = await send(0);
    expect(first?.errorCode).toBe(errors.NONE);
    expect(await send(2)).toMatchObject({
      errorCode: errors.NONE,
      baseOffset: Number(first?.baseOffset) + 2,
    });

    const check = async () => {
      expect(await send(0)).toMatchObject({ errorCode: errors.NONE, baseOffset: first?.baseOffset });
      expect(await send(5)).toMatchObject({ errorCode: errors.OUT_OF_ORDER_SEQUENCE, baseOffset: -1 });
    };
    await check();
    await broker.restart();
    client = await RawClient.connect(broker.port);
    await check();
    expect((await send(0, 1))?.errorCode).toBe(errors.NONE);
    expect((await send(4, 0))?.errorCode).toBe(errors.INVALID_PRODUCER_EPOCH);
    const again = await client.request(clusterApi.initProducerId, 0, {
      transactionalId: null,
      transactionTimeoutMs: 0,
    });
    expect(again.producerId).toBeGreaterThan(producerId);
  });

  it('refuses what it cannot store, and says why', async () => {
    const flipped = recordBatch();
    flipped[65] = 0xff;
    expect(await produce(flipped)).toMatchObject({ errorCode: errors.CORRUPT_MESSAGE });
    expect(await produce(null)).toMatchObject({ errorCode: errors.CORRUPT_MESSAGE });
    expect(await produce(recordBatch({ attributes: 0x10 }))).toMatchObject({
      errorCode: errors.UNSUPPORTED_VERSION,
      errorMessage: 'record batch: transactional',
    });
    expect(await produce(recordBatch(), { acks: 2 })).toMatchObject({
      errorCode: errors.INVALID_REQUIRED_ACKS,
    });
    const elsewhere = [{ name: 'nowhere', partitions: [{ index: 0, records: recordBatch() }] }];
    expect(await produce(null, { topics: elsewhere })).toMatchObject({
      errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION,
    });
  });

  it('refuses fetches from outside the log, of other epochs and of sessions it never opened', async () => {
    const fetch = async (offset: number, leaderEpoch = -1) => {
      const request = fetchRequest(offset);
      for (const partition of request.topics[0]?.partitions ?? []) partition.leaderEpoch = leaderEpoch;
      const { topics } = await client.request(dataApi.fetch, 11, request);
      return topics[0]?.partitions[0]?.errorCode;
    };
    expect(await fetch(0, 0)).toBe(errors.NONE);
    expect(await fetch(1_000_000)).toBe(errors.OFFSET_OUT_OF_RANGE);
    expect(await fetch(-1)).toBe(errors.OFFSET_OUT_OF_RANGE);
    expect(await fetch(0, 1)).toBe(errors.UNKNOWN_LEADER_EPOCH);
    const session = await client.request(
      dataApi.fetch,
      11,
      fetchRequest(0, { sessionId: 5, sessionEpoch: 1 }),
    );
    expect(session).toMatchObject({ errorCode: errors.FETCH_SESSION_ID_NOT_FOUND, topics: [] });
  });

  it('gives a new member its id first from JoinGroup 4 on', async () => {
    const join = (memberId: string) =>
      client.request(groupApi.joinGroup, 4, {
        groupId: 'raw-group',
        memberId,
        sessionTimeoutMs: 5_000,
        rebalanceTimeoutMs: 5_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      });
    const refused = await join('');
    expect(refused.errorCode).toBe(errors.MEMBER_ID_REQUIRED);
    expect(refused.memberId).toMatch(/^raw-/);
    expect(await join(refused.memberId)).toMatchObject({ errorCode: errors.NONE, generationId: 1 });
    expect((await join('stranger')).errorCode).toBe(errors.UNKNOWN_MEMBER_ID);
  });

  describe('hostile bytes', () => {
    const length = (bytes: number) => {
      const buffer = Buffer.alloc(4);
      buffer.writeInt32BE(bytes);
      return buffer;
    };
    const produceHeader = Buffer.from([0, 0, 0, 8, 0, 0, 0, 1, 0xff, 0xff]);

    it.each([
      ['random', randomBytes(2_000)],
      ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
      ['a length of nothing', length(0)],
      ['a length beyond the limit', Buffer.concat([length(limits.requestBytes + 1), randomBytes(100)])],
      ['a negative key', Buffer.concat([length(8), Buffer.alloc(8, 0xff)])],
      ['a request cut short', Buffer.concat([length(12), produceHeader, Buffer.alloc(2, 0xff)])],
      [
        'an array of a thousand million topics',
        Buffer.concat([
          length(22),
          produceHeader,
          Buffer.from([0xff, 0xff, 0, 1, 0, 0, 0, 1, 0x3b, 0x9a, 0xca, 0]),
        ]),
      ],
    ])('%s close their own connection and no other', async (_, bytes) => {
      const hostile = await RawClient.connect(broker.port);
      const before = broker.notices.length;
      hostile.write(bytes);
      await hostile.closed;
      expect(broker.notices.slice(before)).toEqual([expect.stringContaining('closed')]);
      expect((await client.request(clusterApi.apiVersions, 0, {})).errorCode).toBe(errors.NONE);
    });

    it('closes the connection of a refused message that wanted no acknowledgement', async () => {
      const careless = await RawClient.connect(broker.port);
      const elsewhere = [{ name: 'nowhere', partitions: [{ index: 0, records: recordBatch() }] }];
      void careless.request(dataApi.produce, 3, produceRequest(null, { acks: 0, topics: elsewhere }));
      await careless.closed;
      expect(broker.notices.at(-1)).toContain('nowhere-0 is not here');
    });
  });

  it('answers a waiting fetch when its topic is deleted', async () => {
    const admin = await broker.connect(broker.client().admin());
    const offset = (await produce(recordBatch()))?.baseOffset ?? 0;
    const waiting = client.request(dataApi.fetch, 4, fetchRequest(offset + 1, { maxWaitMs: 20_000 }));
    await admin.deleteTopics({ topics: ['raw'] });
    const { topics } = await waiting;
    expect(topics[0]?.partitions[0]?.errorCode).toBe(errors.UNKNOWN_TOPIC_OR_PARTITION);
  });
});
