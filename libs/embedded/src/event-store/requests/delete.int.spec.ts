import {
  NO_STREAM,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import {
  eventsOf,
  numbered,
  numbersOf,
  refusalOf,
  startFixture,
  type Fixture,
} from '../event-store.fixture.spec.js';

describe('deleting', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await startFixture();
    await fixture.client.appendToStream('orders', numbered(3));
  });
  afterEach(() => fixture.remove());

  const read = () => eventsOf(fixture.client.readStream('orders'));

  it('hides the events, also after a restart, until an append brings the stream back', async () => {
    await fixture.client.deleteStream('orders', { expectedRevision: 2n });
    await expect(read()).rejects.toThrow(StreamNotFoundError);
    await fixture.restart();
    await expect(read()).rejects.toThrow(StreamNotFoundError);
    const { client } = fixture;
    const back = await client.appendToStream('orders', numbered(1, { first: 3 }), {
      expectedRevision: NO_STREAM,
    });
    expect(back.nextExpectedRevision).toBe(3n);
    expect(await numbersOf(client.readStream('orders'))).toEqual([3]);
    await fixture.restart();
    expect(await numbersOf(fixture.client.readStream('orders'))).toEqual([3]);
  });

  it('refuses an append that expects the deleted stream to exist', async () => {
    await fixture.client.deleteStream('orders');
    const append = fixture.client.appendToStream('orders', numbered(1), {
      expectedRevision: 'stream_exists',
    });
    await expect(append).rejects.toThrow(StreamDeletedError);
  });

  it.each(['deleteStream', 'tombstoneStream'] as const)('%s expects a revision', async (remove) => {
    const error = await refusalOf(fixture.client[remove]('orders', { expectedRevision: 1n }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: 'orders', expectedVersion: 1n, actualVersion: 2n });
    expect(await read()).toHaveLength(3);
    await fixture.client[remove]('orders', { expectedRevision: 2n });
    await expect(read()).rejects.toThrow();
  });

  it('removes a stream for ever', async () => {
    await fixture.client.tombstoneStream('orders');
    await fixture.restart();
    const { client } = fixture;
    await expect(read()).rejects.toThrow(StreamDeletedError);
    await expect(client.appendToStream('orders', numbered(1))).rejects.toThrow(StreamDeletedError);
    await expect(client.deleteStream('orders')).rejects.toThrow(StreamDeletedError);
    const types = (await eventsOf(client.readAll())).map(({ type }) => type);
    expect(types).toEqual(['Counted', 'Counted', 'Counted', '$streamDeleted']);
  });
});
