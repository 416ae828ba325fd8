import type { CloudEvent } from '@florin/contracts';
import type { StoredEvent } from '@florin/event-store';
import { encodeEvent, SCHEMA, type LedgerEvent } from '@florin/ledger';
import { v7 as uuidv7 } from 'uuid';
import { LedgerPublisher } from './ledger.publisher.js';

const now = Date.UTC(2026, 10, 1);
const refusal = (entryId = uuidv7()): LedgerEvent => ({
  ...{ type: 'EntryRejected', entryId, kind: 'p2p', code: 'insufficient_funds', reference: 'payment-1' },
  recordedAt: now,
});
const created: LedgerEvent = { type: 'LedgerCreated', ledger: 'it-eur', currency: 'EUR', recordedAt: now };

/** The log of a book: its creation, and refusals. */
const log: readonly StoredEvent[] = [created, refusal(), refusal(), refusal()].map((event, revision) => ({
  ...{ id: uuidv7(), type: event.type, data: encodeEvent(event), metadata: { schema: SCHEMA } },
  ...{ revision: BigInt(revision), created: new Date(now) },
}));

/** What happens, in its order; `publish` may fail. */
class World {
  readonly told: string[] = [];
  readonly sent: CloudEvent[] = [];
  nowMs = 1_000;
  away = false;

  readonly publisher = new LedgerPublisher({
    ledger: 'it-eur',
    sql: {
      query: (_text, params) => {
        this.told.push(`saved ${String(params?.[1])}`);
        return Promise.resolve([]);
      },
    },
    publish: (events) => {
      if (this.away) return Promise.reject(new Error('Kafka is away'));
      this.sent.push(...events);
      this.told.push(`published ${events.length}`);
      return Promise.resolve();
    },
    traceOf: (id) => ({ traceparent: `00-${id}` }),
    nowMs: () => this.nowMs,
  });
}

describe('LedgerPublisher', () => {
  it('saves its place only once what lies before it is published', async () => {
    const world = new World();
    await world.publisher.publish(log.slice(0, 3));
    expect(world.told).toEqual(['published 2', 'saved 2']);
    world.away = true;
    world.nowMs += 1_000;
    await expect(world.publisher.publish(log.slice(3))).rejects.toThrow('Kafka is away');
    await world.publisher.save();
    expect(world.told).toEqual(['published 2', 'saved 2']);
  });

  it('publishes again under the ids of the log, which is how consumers know what they had', async () => {
    const world = new World();
    await world.publisher.publish(log);
    await world.publisher.publish(log.slice(2));
    const ids = log.map(({ id }) => id);
    expect(world.sent.map(({ id }) => id)).toEqual([...ids.slice(1), ...ids.slice(2)]);
    expect(world.sent[0]).toMatchObject({ source: '/ledgers/it-eur', data: { revision: 1 } });
  });

  it('saves its place now and then, and when it is asked to', async () => {
    const world = new World();
    await world.publisher.publish(log.slice(0, 2));
    await world.publisher.publish(log.slice(2, 3));
    expect(world.told).toEqual(['published 1', 'saved 1', 'published 1']);
    await world.publisher.save();
    await world.publisher.save();
    expect(world.told.slice(3)).toEqual(['saved 2']);
  });

  it('goes on in the trace of the command that an event is the outcome of', async () => {
    const world = new World();
    await world.publisher.publish(log.slice(0, 2));
    const { entryId } = world.sent[0]?.data as { entryId: string };
    expect(world.sent[0]?.traceparent).toBe(`00-${entryId}`);
  });
});
