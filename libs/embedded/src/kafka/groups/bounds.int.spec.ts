import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '../limits.js';
import { TestBroker } from '../testing/broker.fixture.spec.js';
import { RawClient } from '../testing/raw-client.fixture.spec.js';
import { errors } from '../wire/errors.js';
import * as groupApi from '../wire/group.api.js';
import { GroupCoordinator } from './group-coordinator.js';

describe('what groups may say', () => {
  let broker: TestBroker;
  let client: RawClient;
  beforeAll(async () => {
    broker = await TestBroker.start();
    await broker.createTopic('said', 1_000);
    client = await RawClient.connect(broker.port);
  });
  afterAll(async () => {
    client.destroy();
    await broker.stop();
  });

  const joinAs = (from: RawClient, groupId: string) => {
    const sessionTimeoutMs = limits.sessionTimeoutMaxMs;
    return from.request(groupApi.joinGroup, 2, {
      ...{ groupId, memberId: '', sessionTimeoutMs, rebalanceTimeoutMs: sessionTimeoutMs },
      ...{ protocolType: 'consumer', protocols: [{ name: 'p', metadata: Buffer.alloc(0) }] },
    });
  };
  const commit = async (groupId: string, metadata: string) => {
    const committed = { offset: 1, leaderEpoch: -1, metadata };
    const partitions = Array.from({ length: 1_000 }, (_, index) => ({ index, ...committed }));
    const { topics } = await client.request(groupApi.offsetCommit, 2, {
      ...{ groupId, generationId: -1, memberId: '', retentionTimeMs: -1 },
      topics: [{ name: 'said', partitions }],
    });
    return topics[0]?.partitions[0]?.errorCode;
  };

  it('has ids of a limited length, in UTF-8', async () => {
    expect((await joinAs(client, 'g'.repeat(256))).errorCode).toBe(errors.INVALID_GROUP_ID);
    const odd = await RawClient.connect(broker.port);
    void odd.send(groupApi.heartbeat.key, 0, Buffer.of(0, 1, 0xff, 0, 0, 0, 1, 0, 0));
    await odd.closed;
    expect(broker.notices).toEqual([expect.stringContaining('a string that is not UTF-8')]);
  });

  it('is listed, and tells long client ids in part', async () => {
    const long = await RawClient.connect(broker.port, 'c'.repeat(32_767));
    const { memberId } = await joinAs(long, 'listed');
    expect(memberId.lastIndexOf('c')).toBeGreaterThanOrEqual(limits.clientIdLetters - 1);
    expect(memberId.length).toBeLessThan(limits.clientIdLetters + 40);
    const { groups } = await client.request(groupApi.describeGroups, 2, {
      ...{ groups: ['listed'], includeOperations: false },
    });
    expect(groups[0]?.members[0]?.clientId).toHaveLength(limits.clientIdLetters);
    expect((await client.request(groupApi.listGroups, 2, {})).groups).toContainEqual({
      ...{ groupId: 'listed', protocolType: 'consumer' },
    });
    long.destroy();
  });

  it('is no more than one bound for the metadata of all offsets, and goes on where some go', async () => {
    const metadata = 'm'.repeat(limits.offsetMetadataBytes);
    const groups = Math.floor(limits.allOffsetMetadataBytes / (1_000 * metadata.length));
    for (let index = 0; index < groups; index++)
      expect(await commit(`g${index}`, metadata)).toBe(errors.NONE);
    expect(await commit('beyond', metadata)).toBe(errors.OFFSET_METADATA_TOO_LARGE);
    expect(await commit('g0', metadata)).toBe(errors.NONE);
    expect(await commit('beyond', '')).toBe(errors.NONE);
    await client.request(groupApi.deleteGroups, 1, { groups: ['g0'] });
    expect(await commit('beyond', metadata)).toBe(errors.NONE);
  });

  it('is no more than one bound for all members, and goes on where some leave', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-groups-'));
    const groups = new GroupCoordinator(dataDir, { notice: () => undefined, systemMayHaveStopped: false });
    const protocols = [{ name: 'p', metadata: Buffer.alloc(limits.memberMetadataBytes - 1) }];
    const session = { sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000 };
    const request = {
      ...session,
      memberId: '',
      clientId: 'c',
      clientHost: '',
      protocolType: 'consumer',
      protocols,
    };
    const joinAlone = async (id: string) => {
      if (!groups.reserveMemberBytes(limits.memberMetadataBytes)) return undefined;
      return (await groups.getOrCreate(id)?.join({ ...request, idFirst: false }))?.memberId;
    };
    const most = limits.allMembersBytes / limits.memberMetadataBytes;
    const ids: Array<string | undefined> = [];
    for (let index = 0; index <= most; index++) ids.push(await joinAlone(`g${index}`));
    expect(ids.map((id) => id !== undefined)).toEqual([...Array.from({ length: most }, () => true), false]);
    groups.get('g0')?.leave(ids[0] ?? '');
    expect(await joinAlone('next')).toBeDefined();
    groups.close();
    await rm(dataDir, { recursive: true });
  });
});
