import {
  BACKWARDS,
  END,
  START,
  StreamNotFoundError,
  type Position,
  type ReadAllOptions,
} from '@eventstore/db-client';
import { eventsOf, numbered, numbersOf } from './events.fixture.spec.js';
import { lastPosition, startServer, unique, type TestServer } from './server.fixture.spec.js';

describe('Read', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index);

  describe('of a stream', () => {
    const stream = unique('ten');
    const large = unique('large');
    const read = (options: object) => numbersOf(server.client.readStream(stream, options));
    beforeAll(() => server.client.appendToStream(stream, numbered(10)));

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
      const missingStream = unique('missing');
      const missing = eventsOf(server.client.readStream(missingStream));
      await expect(missing).rejects.toThrow(StreamNotFoundError);
      await expect(missing).rejects.toMatchObject({ streamName: missingStream });
    });

    it('gives everything, in order, when events are large and many', async () => {
      const { client } = server;
      const padding = 'x'.repeat(3_000);
      const events = numbered(1_500).map((event) => ({ ...event, data: { ...event.data, padding } }));
      for (let first = 0; first < events.length; first += 300) {
        await client.appendToStream(large, events.slice(first, first + 300));
        await client.appendToStream(unique('between'), numbered(100));
      }
      expect(await numbersOf(client.readStream(large))).toEqual(upTo(1_500));
      const backwards = client.readStream(large, { direction: BACKWARDS, fromRevision: END });
      expect(await numbersOf(backwards)).toEqual(upTo(1_500).reverse());
    });

    it('keeps serving when clients abandon their reads', async () => {
      for (let round = 0; round < 50; round++) {
        for await (const _ of server.client.readStream(large)) break;
      }
      expect(await read({})).toEqual(upTo(10));
    });
  });

  describe('of all', () => {
    const [a, b] = [unique('a'), unique('b')];
    let before: Position | typeof START;
    beforeAll(async () => {
      before = await lastPosition(server.client);
      await server.client.appendToStream(a, numbered(3));
      await server.client.appendToStream(b, numbered(2, { first: 3 }));
      await server.client.appendToStream(a, numbered(1, { first: 5 }));
    });

    /** The events of this spec in what is read. */
    const own = async (options: ReadAllOptions) =>
      (await eventsOf(server.client.readAll(options))).filter(({ streamId }) => [a, b].includes(streamId));
    const ownNumbers = async (options: ReadAllOptions) =>
      (await own(options)).map(({ data }) => (data as { number: number }).number);
    const positionOf = async (index: number) =>
      (await own({ fromPosition: before }))[index]?.position ?? START;

    it('gives the events of all streams in the order of their appends', async () => {
      const events = await own({ fromPosition: before });
      expect(events.map(({ streamId, revision }) => [streamId, revision])).toEqual([
        [a, 0n],
        [a, 1n],
        [a, 2n],
        [b, 0n],
        [b, 1n],
        [a, 3n],
      ]);
      expect(await ownNumbers({})).toEqual(upTo(6));
      expect(await ownNumbers({ fromPosition: END })).toEqual([]);
    });

    it('reads on from a position, which is included, with a limit', async () => {
      const fromPosition = await positionOf(2);
      expect(await ownNumbers({ fromPosition })).toEqual([2, 3, 4, 5]);
      expect(await eventsOf(server.client.readAll({ fromPosition, maxCount: 3 }))).toHaveLength(3);
    });

    it('reads backwards, from a position the events before it', async () => {
      const direction = BACKWARDS;
      expect(await ownNumbers({ direction, fromPosition: END })).toEqual([5, 4, 3, 2, 1, 0]);
      expect(await ownNumbers({ direction, fromPosition: START })).toEqual([]);
      expect(await ownNumbers({ direction, fromPosition: await positionOf(2) })).toEqual([1, 0]);
      const last = server.client.readAll({ direction, fromPosition: END, maxCount: 1 });
      expect(await eventsOf(last)).toHaveLength(1);
    });
  });
});
