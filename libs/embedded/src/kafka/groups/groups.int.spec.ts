import { AssignerProtocol } from 'kafkajs';
import { TestBroker, until } from '../testing/broker.fixture.spec.js';
import { RawClient } from '../testing/raw-client.fixture.spec.js';
import * as groupApi from '../wire/group.api.js';

const TOPIC = 'work';
const PARTITIONS = 12;

describe('a group whose member dies', () => {
  let broker: TestBroker;
  beforeAll(async () => (broker = await TestBroker.start()));
  afterAll(() => broker.stop());

  it('gives its partitions to the others', async () => {
    await broker.createTopic(TOPIC, PARTITIONS);
    const living = await broker.connect(
      broker.client().consumer({ groupId: 'dying', heartbeatInterval: 100, maxWaitTimeInMs: 100 }),
    );
    let partitions: readonly number[] = [];
    living.on(living.events.GROUP_JOIN, ({ payload }) => {
      partitions = payload.memberAssignment[TOPIC] ?? [];
    });
    await living.subscribe({ topic: TOPIC });
    await living.run({ eachMessage: () => Promise.resolve() });
    await until(() => partitions.length === PARTITIONS);

    const dying = await RawClient.connect(broker.port);
    const metadata = AssignerProtocol.MemberMetadata.encode({
      version: 1,
      topics: [TOPIC],
      userData: Buffer.alloc(0),
    });
    const { memberId, generationId } = await dying.request(groupApi.joinGroup, 1, {
      groupId: 'dying',
      memberId: '',
      sessionTimeoutMs: 1_000,
      rebalanceTimeoutMs: 5_000,
      protocolType: 'consumer',
      protocols: [{ name: 'RoundRobinAssigner', metadata }],
    });
    const member = { groupId: 'dying', generationId, memberId };
    const { assignment } = await dying.request(groupApi.syncGroup, 0, { ...member, assignments: [] });
    const assigned = AssignerProtocol.MemberAssignment.decode(assignment)?.assignment[TOPIC];
    expect(assigned).toHaveLength(PARTITIONS / 2);
    await until(() => partitions.length === PARTITIONS / 2);
    dying.destroy();
    await until(() => partitions.length === PARTITIONS);
  });
});
