import { eventually } from '@florin/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { BothDoors, callers, payers } from './both-doors.js';
import { noLimits, World } from './world.js';

/** A wallet that stops says so for so long and still serves, so that whoever shares out requests finds out. */
const noticeMs = 4_000;
/** The wallet gives up sooner. */
const tryMs = 15_000;
const recoveredMs = 90_000;

let world: World;
let doors: BothDoors;

beforeAll(async () => {
  world = await World.start(noLimits, { SHUTDOWN_DELAY_MS: String(noticeMs) });
  doors = await BothDoors.open(world, tryMs);
}, 240_000);

afterAll(() => world?.close(), 60_000);

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

describe('two wallets on one ledger', () => {
  it('the one that stands still past its session and its lock loses both, and works on when it is back', async () => {
    const url = world.stack.urls.wallet;
    const first = { url, kill: (signal: NodeJS.Signals) => world.stack.kill('wallet', signal) };
    const second = await world.stack.startAnother('wallet');
    doors.targets = [first.url, second.url];
    const { done, payments, platform } = doors;
    const load = doors.load();
    // Whoever stood still does not lead afterwards: so each of them stands still while it leads.
    for (const one of [first, second]) {
      await sleep(1_000);
      await one.kill('SIGSTOP');
      const [transfersBefore, paymentsBefore] = [done.length, payments.length];
      try {
        // The other decides, publishes and projects: what begins now comes to its end.
        await eventually(
          () => expect(done.length).toBeGreaterThan(transfersBefore + 2 * callers),
          recoveredMs,
        );
        await eventually(async () => {
          expect(payments.length).toBeGreaterThan(paymentsBefore + 2 * payers);
          expect(await doors.newestIsComplete()).toBe(true);
        }, recoveredMs);
      } finally {
        await one.kill('SIGCONT');
      }
      await eventually(async () => {
        expect(await Promise.all([first, second].map((each) => isReady(each.url)))).toEqual([true, true]);
      }, recoveredMs);
      await doors.moveOne(() => one.url);
    }
    await load.stop();
    await second.kill('SIGTERM');
    doors.targets = [first.url];

    // Who stands still answers nothing; all else is an answer, and what is not done says when to come again.
    for (const { status, retryAfter } of platform.tries) {
      if (status === 201 || status === 200) continue;
      expect(['TimeoutError false', '503 true']).toContain(`${status} ${retryAfter}`);
    }
    await doors.expectOnce();
    for (const { asked, revision } of done.slice(-20)) {
      expect((await platform.untilDone(asked, doors.nextTarget))['revision']).toBe(revision);
    }
  }, 500_000);

  it('a rolling restart under load answers every request', async () => {
    const first = world.stack.urls.wallet;
    const serving = new Set([first]);
    let balancing = true;
    const balance = async (url: string) => {
      for (; balancing; await sleep(100)) {
        if (await isReady(url)) serving.add(url);
        else serving.delete(url);
        if (serving.size > 0) doors.targets = [...serving];
      }
    };
    const balancers = [balance(first)];
    const { tries } = doors.platform;
    tries.length = 0;
    const before = doors.done.length;
    const load = doors.load();
    await sleep(1_000);
    const second = await world.stack.startAnother('wallet');
    balancers.push(balance(second.url));
    await eventually(() => expect(doors.targets).toContain(second.url));
    await world.stack.kill('wallet', 'SIGTERM');
    await sleep(1_000);
    await world.stack.start('wallet');
    await eventually(() => expect(doors.targets).toContain(first));
    await second.kill('SIGTERM');
    await sleep(1_000);
    await load.stop();
    balancing = false;
    await Promise.all(balancers);

    const done = tries.filter(({ status }) => status === 201 || status === 200);
    expect(done).toHaveLength(doors.done.length - before);
    // No reset, no time-out, nothing that does not say when to come again.
    const others = tries.map(({ status, retryAfter }) => `${status} ${retryAfter}`);
    expect(new Set(others.filter((other) => !/^20[01] |^503 true/.test(other)))).toEqual(new Set());
    expect(world.unexpectedEnds).toEqual([]);
    await doors.expectOnce();
  }, 300_000);
});
