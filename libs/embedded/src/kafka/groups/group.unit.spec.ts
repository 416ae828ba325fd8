import { limits } from '../limits.js';
import { errors } from '../wire/errors.js';
import { Group } from './group.js';
import type { GroupSnapshot, JoinRequest, JoinResult } from './group.types.js';

/** A group on a clock that moves when told. */
function testGroup(restored?: GroupSnapshot) {
  let nowMs = 0;
  let ids = 0;
  const tasks = new Set<{ atMs: number; run: () => void }>();
  const saved: GroupSnapshot[] = [];
  const group = new Group(
    'g',
    {
      schedule: (ms, run) => {
        const task = { atMs: nowMs + ms, run };
        tasks.add(task);
        return () => tasks.delete(task);
      },
      newMemberId: () => `m${++ids}`,
      save: (snapshot) => saved.push(snapshot),
    },
    restored,
  );
  const advance = (ms: number) => {
    const untilMs = nowMs + ms;
    for (;;) {
      const due = [...tasks].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      nowMs = due.atMs;
      tasks.delete(due);
      due.run();
    }
    nowMs = untilMs;
  };
  return { group, advance, saved };
}

function joining(changes: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId: '',
    clientId: 'client',
    clientHost: '/127.0.0.1',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: [{ name: 'roundrobin', metadata: Buffer.from('topics') }],
    idFirst: false,
    ...changes,
  };
}

const assign = (...ids: string[]) => new Map(ids.map((id) => [id, Buffer.from(`for ${id}`)]));
const nothing = new Map<string, Buffer>();

/** Two members in a settled second generation; the first leads. */
async function twoSettled() {
  const test = testGroup();
  const { group } = test;
  await group.join(joining());
  const second = group.join(joining());
  await Promise.all([group.join(joining({ memberId: 'm1' })), second]);
  const synced = group.sync('m2', 2, nothing);
  await group.sync('m1', 2, assign('m1', 'm2'));
  expect(String((await synced).assignment)).toBe('for m2');
  return test;
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([promise, Promise.resolve('pending')])) === 'pending';
}

describe('a consumer group', () => {
  it('lets the first member lead at once and keeps its generation when settled', async () => {
    const { group, saved } = testGroup();
    const joined = await group.join(joining());
    expect(joined).toEqual<JoinResult>({
      errorCode: errors.NONE,
      generationId: 1,
      protocolName: 'roundrobin',
      leaderId: 'm1',
      memberId: 'm1',
      members: [{ memberId: 'm1', metadata: Buffer.from('topics') }],
    });
    const { assignment } = await group.sync('m1', 1, assign('m1'));
    expect(String(assignment)).toBe('for m1');
    expect(group.state).toBe('Stable');
    expect(saved).toMatchObject([{ generation: 1, leader: 'm1' }]);
  });

  it('gives a new member its id first from version 4 on, and waits for it to come back', async () => {
    const { group } = testGroup();
    const refused = await group.join(joining({ idFirst: true }));
    expect(refused).toMatchObject({ errorCode: errors.MEMBER_ID_REQUIRED, memberId: 'm1' });
    expect(await group.join(joining({ idFirst: true, memberId: 'm1' }))).toMatchObject({
      errorCode: errors.NONE,
      memberId: 'm1',
      generationId: 1,
    });
  });

  it('forgets an id that nobody came back with', async () => {
    const { group, advance } = testGroup();
    await group.join(joining({ idFirst: true }));
    advance(10_000);
    expect(group.isEmpty).toBe(true);
    expect(await group.join(joining({ memberId: 'm1' }))).toMatchObject({
      errorCode: errors.UNKNOWN_MEMBER_ID,
    });
  });

  it('rebalances for a second member: the first hears of it by heartbeat and joins again', async () => {
    const { group } = testGroup();
    await group.join(joining());
    await group.sync('m1', 1, assign('m1'));
    const second = group.join(joining());
    expect(group.heartbeat('m1', 1)).toBe(errors.REBALANCE_IN_PROGRESS);
    expect(await isPending(second)).toBe(true);
    const leader = await group.join(joining({ memberId: 'm1' }));
    expect(leader.members.map(({ memberId }) => memberId)).toEqual(['m1', 'm2']);
    expect(await second).toMatchObject({ generationId: 2, leaderId: 'm1', memberId: 'm2', members: [] });
  });

  it('does not rebalance when an unchanged follower joins again', async () => {
    const { group } = await twoSettled();
    expect(await group.join(joining({ memberId: 'm2' }))).toMatchObject({
      errorCode: errors.NONE,
      generationId: 2,
    });
    expect(group.state).toBe('Stable');
    expect(group.heartbeat('m1', 2)).toBe(errors.NONE);
  });

  it('rebalances when the leader joins again, or a follower with another subscription', async () => {
    const first = await twoSettled();
    void first.group.join(joining({ memberId: 'm1' }));
    expect(first.group.state).toBe('PreparingRebalance');

    const second = await twoSettled();
    const protocols = [{ name: 'roundrobin', metadata: Buffer.from('other topics') }];
    void second.group.join(joining({ memberId: 'm2', protocols }));
    expect(second.group.state).toBe('PreparingRebalance');
  });

  it('drops a silent member after its session timeout and rebalances the rest', async () => {
    const { group, advance } = await twoSettled();
    advance(9_000);
    expect(group.heartbeat('m1', 2)).toBe(errors.NONE);
    advance(1_000);
    expect(group.heartbeat('m1', 2)).toBe(errors.REBALANCE_IN_PROGRESS);
    expect(group.heartbeat('m2', 2)).toBe(errors.UNKNOWN_MEMBER_ID);
    expect(await group.join(joining({ memberId: 'm1' }))).toMatchObject({ generationId: 3, leaderId: 'm1' });
  });

  it('hands the lead on when the leader leaves, and is empty when all have left', async () => {
    const { group, saved } = await twoSettled();
    expect(group.leave('m1')).toBe(errors.NONE);
    expect(await group.join(joining({ memberId: 'm2' }))).toMatchObject({ generationId: 3, leaderId: 'm2' });
    expect(group.leave('m2')).toBe(errors.NONE);
    expect(group.state).toBe('Empty');
    expect(saved.at(-1)).toMatchObject({ generation: 4, members: [] });
    expect(group.leave('m2')).toBe(errors.UNKNOWN_MEMBER_ID);
  });

  it('goes on without those who do not join again within the rebalance timeout', async () => {
    const { group, advance } = await twoSettled();
    const third = group.join(joining({ sessionTimeoutMs: 100_000 }));
    for (let second = 0; second < 60; second += 5) {
      group.heartbeat('m1', 2);
      group.heartbeat('m2', 2);
      advance(5_000);
    }
    expect(await third).toMatchObject({ errorCode: errors.NONE, generationId: 3, leaderId: 'm3' });
    expect(group.heartbeat('m1', 2)).toBe(errors.UNKNOWN_MEMBER_ID);
  });

  it('drops a leader that never hands in the assignments', async () => {
    const { group, advance } = testGroup();
    await group.join(joining({ sessionTimeoutMs: 100_000 }));
    const second = group.join(joining());
    await group.join(joining({ memberId: 'm1', sessionTimeoutMs: 100_000 }));
    await second;
    const waiting = group.sync('m2', 2, nothing);
    advance(60_000);
    expect(await waiting).toMatchObject({ errorCode: errors.REBALANCE_IN_PROGRESS });
    expect(group.heartbeat('m1', 2)).toBe(errors.UNKNOWN_MEMBER_ID);
    expect(await group.join(joining({ memberId: 'm2' }))).toMatchObject({ leaderId: 'm2', generationId: 3 });
  });

  it('refuses another generation, an unknown member and a sync during a rebalance', async () => {
    const { group } = await twoSettled();
    expect(group.heartbeat('m1', 1)).toBe(errors.ILLEGAL_GENERATION);
    expect(group.heartbeat('m9', 2)).toBe(errors.UNKNOWN_MEMBER_ID);
    void group.join(joining());
    expect(await group.sync('m1', 2, nothing)).toMatchObject({ errorCode: errors.REBALANCE_IN_PROGRESS });
  });

  it.each([
    ['without a common protocol', { protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] }, 23],
    ['of another type', { protocolType: 'connect' }, 23],
    ['without protocols', { protocols: [] }, 23],
    ['with too short a session', { sessionTimeoutMs: limits.sessionTimeoutMinMs - 1 }, 26],
    ['with too long a session', { sessionTimeoutMs: limits.sessionTimeoutMaxMs + 1 }, 26],
    ['with too much metadata', { protocols: [{ name: 'roundrobin', metadata: Buffer.alloc(300_000) }] }, 44],
    ['with an id that was never given', { memberId: 'm9' }, 25],
  ])('refuses a member %s', async (_, changes, errorCode) => {
    const { group } = await twoSettled();
    expect(await group.join(joining(changes))).toMatchObject({ errorCode });
    expect(group.state).toBe('Stable');
  });

  it('chooses the protocol that most members prefer among those that all know', async () => {
    const { group } = testGroup();
    const named = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.alloc(0) }));
    await group.join(joining({ protocols: named('sticky', 'range') }));
    void group.join(joining({ protocols: named('range', 'sticky') }));
    void group.join(joining({ protocols: named('range') }));
    const leader = await group.join(joining({ memberId: 'm1', protocols: named('sticky', 'range') }));
    expect(leader.protocolName).toBe('range');
  });

  it('takes commits from members of the generation, and from loners only while it is empty', async () => {
    expect(testGroup().group.mayCommit('', -1)).toBe(errors.NONE);
    const { group } = await twoSettled();
    expect(group.mayCommit('', -1)).toBe(errors.UNKNOWN_MEMBER_ID);
    expect(group.mayCommit('m1', 2)).toBe(errors.NONE);
    expect(group.mayCommit('m1', 1)).toBe(errors.ILLEGAL_GENERATION);
    // During the rebalance a member may still commit what it did before; then it must sync first.
    const third = group.join(joining());
    expect(group.mayCommit('m1', 2)).toBe(errors.NONE);
    await Promise.all([third, ...['m1', 'm2'].map((memberId) => group.join(joining({ memberId })))]);
    expect(group.mayCommit('m1', 3)).toBe(errors.REBALANCE_IN_PROGRESS);
  });

  it('goes on after a restart as if nothing had happened, and still drops who is silent', async () => {
    const { saved } = await twoSettled();
    const { group, advance } = testGroup(saved.at(-1));
    expect(group.state).toBe('Stable');
    expect(group.heartbeat('m1', 2)).toBe(errors.NONE);
    expect(String((await group.sync('m2', 2, nothing)).assignment)).toBe('for m2');
    advance(10_000);
    expect(group.isEmpty).toBe(true);
  });
});
