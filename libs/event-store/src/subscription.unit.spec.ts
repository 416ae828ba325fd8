import type { StoredEvent } from './event-store.js';
import { ResilientSubscription, type OpenStream } from './subscription.js';

function event(revision: number): StoredEvent {
  return {
    id: `00000000-0000-0000-0000-00000000000${revision}`,
    type: 'Counted',
    revision: BigInt(revision),
    data: {},
    metadata: undefined,
    created: new Date(0),
  };
}

/** Opens answer in turn: events then a broken connection; the last one stays open until stopped. */
function connections(...turns: StoredEvent[][]): { open: OpenStream; openedAfter: (bigint | undefined)[] } {
  const openedAfter: (bigint | undefined)[] = [];
  async function* open(after: bigint | undefined, signal: AbortSignal): AsyncGenerator<StoredEvent[]> {
    openedAfter.push(after);
    yield turns[openedAfter.length - 1] ?? [];
    if (openedAfter.length < turns.length) throw new Error('connection lost');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }
  return { open, openedAfter };
}

describe('ResilientSubscription', () => {
  it('opens again after the last handled event when the connection drops', async () => {
    const { open, openedAfter } = connections([event(3), event(4)], [event(5)]);
    const handled: bigint[] = [];
    const errors: unknown[] = [];
    const arrived = Promise.withResolvers<undefined>();
    const subscription = new ResilientSubscription(
      open,
      { after: 2n, onError: (error) => errors.push(error) },
      async (batch) => {
        handled.push(...batch.map(({ revision }) => revision));
        if (handled.length === 3) arrived.resolve(undefined);
        return Promise.resolve();
      },
    );
    await arrived.promise;
    await subscription.stop();
    expect(openedAfter).toEqual([2n, 4n]);
    expect(handled).toEqual([3n, 4n, 5n]);
    expect(errors).toEqual([new Error('connection lost')]);
    expect(subscription.handled).toBe(5n);
  });

  it('gives a failing handler the same batch again, and reports each failure', async () => {
    const { open } = connections([event(0)]);
    const attempts: number[] = [];
    const done = Promise.withResolvers<undefined>();
    let runs = 0;
    const subscription = new ResilientSubscription(
      open,
      { onError: (_, attempt) => attempts.push(attempt) },
      async () => {
        runs += 1;
        if (runs < 3) throw new Error('not yet');
        done.resolve(undefined);
        return Promise.resolve();
      },
    );
    await done.promise;
    await subscription.stop();
    expect({ runs, attempts, handled: subscription.handled }).toEqual({
      runs: 3,
      attempts: [1, 2],
      handled: 0n,
    });
  });

  it('waits for the handler under way when it is stopped', async () => {
    const { open } = connections([event(0)]);
    const started = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    const subscription = new ResilientSubscription(open, {}, async () => {
      started.resolve(undefined);
      await release.promise;
    });
    await started.promise;
    let stopped = false;
    const stopping = subscription.stop().then(() => (stopped = true));
    await new Promise(setImmediate);
    expect(stopped).toBe(false);
    release.resolve(undefined);
    await stopping;
    expect(subscription.handled).toBe(0n);
  });
});
