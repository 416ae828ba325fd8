import { BACKWARDS, END, START, StreamNotFoundError } from '@eventstore/db-client';
import { eventsOf, numbered, numbersOf, startFixture, type Fixture } from '../event-store.fixture.spec.js';

describe('Read', () => {
  let fixture: Fixture;
  beforeAll(async () => (fixture = await startFixture()));
  afterAll(() => fixture.remove());

  const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index);

  describe('of a stream', () => {
    const stream = 'ten';
    const read = (options: object) => numbersOf(fixture.client.readStream(stream, options));
    beforeAll(() => fixture.client.appendToStream(stream, numbered(10)));

    it.each([
      ['from the start', { fromRevision: START }, upTo(10)],
      ['from a revision, which is included', { fromRevision: 7n }, [7, 8, 9]],
      ['from beyond the end', { fromRevision: 10n }, []],
      ['from the end', { fromRevision: END }, []],
      ['with a limit', { fromRevision: 2n, maxCount: 3 }, [2, 3, 4]],
      ['with the limit zero', { maxCount: 0 }, []],
      ['backwards from the end', { direction: BACKWARDS, fromRevision: END }, upTo(10).reverse()],
      ['backwards from a revision, which is included', { direction: BACKWARDS, fromRevision: 2n }, [2, 1, 0]],
      ['backwards from the start', { direction: BACKWARDS, fromRevision: START }, [0]],
      ['backwards with a limit', { direction: BACKWARDS, fromRevision: END, maxCount: 2 }, [9, 8]],
      ['backwards from beyond the end', { direction: BACKWARDS, fromRevision: 99n, maxCount: 1 }, [9]],
    ])('%s', async (_, options, numbers) => {
      expect(await read(options)).toEqual(numbers);
    });

    it('says that a stream is missing', async () => {
      const missing = eventsOf(fixture.client.readStream('missing'));
      await expect(missing).rejects.toThrow(StreamNotFoundError);
      await expect(missing).rejects.toMatchObject({ streamName: 'missing' });
    });

    it('gives everything, in order, when events are large and many', async () => {
      const { client } = fixture;
      const padding = 'x'.repeat(3_000);
      const events = numbered(1_500).map((event) => ({ ...event, data: { ...event.data, padding } }));
      for (let first = 0; first < events.length; first += 300) {
        await client.appendToStream('large', events.slice(first, first + 300));
        await client.appendToStream('between', numbered(100));
      }
      expect(await numbersOf(client.readStream('large'))).toEqual(upTo(1_500));
      const backwards = client.readStream('large', { direction: BACKWARDS, fromRevision: END });
      expect(await numbersOf(backwards)).toEqual(upTo(1_500).reverse());
      await fixture.restart();
      expect(await numbersOf(fixture.client.readStream('large'))).toEqual(upTo(1_500));
    });

    it('honours $maxCount and $tb in the metadata of the stream', async () => {
      const { client } = fixture;
      await client.appendToStream('short', numbered(10));
      await client.setStreamMetadata('short', { maxCount: 3 });
      expect(await numbersOf(client.readStream('short'))).toEqual([7, 8, 9]);
      await client.setStreamMetadata('short', { truncateBefore: 9 });
      expect(await numbersOf(client.readStream('short'))).toEqual([9]);
      await fixture.restart();
      expect(await numbersOf(fixture.client.readStream('short', { fromRevision: 5n }))).toEqual([9]);
      expect(await fixture.client.getStreamMetadata('short')).toMatchObject({
        metadata: { truncateBefore: 9 },
      });
    });

    it('keeps serving when clients abandon their reads', async () => {
      for (let round = 0; round < 50; round++) {
        for await (const _ of fixture.client.readStream('large')) break;
      }
      expect(await read({})).toEqual(upTo(10));
    });
  });

  describe('of all', () => {
    let own: Fixture;
    beforeAll(async () => {
      own = await startFixture();
      await own.client.appendToStream('a', numbered(3));
      await own.client.appendToStream('b', numbered(2, { first: 3 }));
      await own.client.appendToStream('a', numbered(1, { first: 5 }));
    });
    afterAll(() => own.remove());

    it('gives the events of all streams in the order of their appends', async () => {
      const events = await eventsOf(own.client.readAll());
      expect(events.map(({ streamId, revision }) => `${streamId}${revision}`)).toEqual([
        'a0',
        'a1',
        'a2',
        'b0',
        'b1',
        'a3',
      ]);
      expect(await numbersOf(own.client.readAll({ maxCount: 4 }))).toEqual([0, 1, 2, 3]);
      expect(await numbersOf(own.client.readAll({ fromPosition: END }))).toEqual([]);
    });

    it('reads on from a position, which is included', async () => {
      const [, , third] = await eventsOf(own.client.readAll());
      const fromPosition = third?.position ?? START;
      expect(await numbersOf(own.client.readAll({ fromPosition }))).toEqual([2, 3, 4, 5]);
    });

    it('reads backwards, from a position the events before it', async () => {
      const direction = BACKWARDS;
      expect(await numbersOf(own.client.readAll({ direction, fromPosition: END }))).toEqual([
        5, 4, 3, 2, 1, 0,
      ]);
      expect(await numbersOf(own.client.readAll({ direction, fromPosition: START }))).toEqual([]);
      const [, , third] = await eventsOf(own.client.readAll());
      const fromPosition = third?.position ?? START;
      expect(await numbersOf(own.client.readAll({ direction, fromPosition, maxCount: 5 }))).toEqual([1, 0]);
    });
  });
});
