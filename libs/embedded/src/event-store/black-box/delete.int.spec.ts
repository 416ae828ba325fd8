import {
  NO_STREAM,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { eventsOf, numbered, numbersOf, refusalOf } from './events.fixture.spec.js';
import { lastPosition, startServer, unique, type TestServer } from './server.fixture.spec.js';

describe('deleting', () => {
  let server: TestServer;
  let stream: string;
  beforeAll(async () => (server = await startServer()));
  beforeEach(async () => {
    stream = unique('orders');
    await server.client.appendToStream(stream, numbered(3));
  });
  afterAll(() => server.close());

  const read = () => eventsOf(server.client.readStream(stream));

  it.each<[string, typeof NO_STREAM | bigint | undefined]>([
    ['no stream', NO_STREAM],
    ['the last revision', 2n],
    ['any revision', undefined],
  ])(
    'hides the events until an append that expects %s brings the stream back',
    async (_, expectedRevision) => {
      const { client } = server;
      await client.deleteStream(stream, { expectedRevision: 2n });
      await expect(read()).rejects.toThrow(StreamNotFoundError);
      const options = expectedRevision === undefined ? {} : { expectedRevision };
      const back = await client.appendToStream(stream, numbered(1, { first: 3 }), options);
      expect(back.nextExpectedRevision).toBe(3n);
      expect(await numbersOf(client.readStream(stream))).toEqual([3]);
    },
  );

  it('takes no part of an append that was there before for a new one', async () => {
    const { client } = server;
    const twice = unique('twice');
    const events = numbered(2);
    const append = (added: typeof events) =>
      client.appendToStream(twice, added, { expectedRevision: NO_STREAM });
    await append(events);
    await client.deleteStream(twice);
    const partly = append([...events.slice(0, 1), ...numbered(1, { first: 2 })]);
    await expect(partly).rejects.toThrow(WrongExpectedVersionError);
    expect(await append(events)).toMatchObject({ nextExpectedRevision: 1n });
    await expect(eventsOf(client.readStream(twice))).rejects.toThrow(StreamNotFoundError);
    expect(await append(numbered(1, { first: 3 }))).toMatchObject({ nextExpectedRevision: 2n });
  });

  it('refuses an append that expects the deleted stream to exist', async () => {
    await server.client.deleteStream(stream);
    const append = server.client.appendToStream(stream, numbered(1), { expectedRevision: 'stream_exists' });
    await expect(append).rejects.toThrow(StreamDeletedError);
  });

  it.each(['deleteStream', 'tombstoneStream'] as const)('%s expects a revision', async (remove) => {
    const error = await refusalOf(server.client[remove](stream, { expectedRevision: 1n }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, expectedVersion: 1n, actualVersion: 2n });
    expect(await read()).toHaveLength(3);
    await server.client[remove](stream, { expectedRevision: 2n });
    await expect(read()).rejects.toThrow();
  });

  it('removes a stream for ever', async () => {
    const { client } = server;
    const fromPosition = await lastPosition(client);
    await client.tombstoneStream(stream);
    await expect(read()).rejects.toThrow(StreamDeletedError);
    await expect(client.appendToStream(stream, numbered(1))).rejects.toThrow(StreamDeletedError);
    await expect(client.deleteStream(stream)).rejects.toThrow(StreamDeletedError);
    await expect(client.getStreamMetadata(stream)).rejects.toThrow(StreamDeletedError);
    await expect(client.setStreamMetadata(stream, { maxCount: 5 })).rejects.toThrow(StreamDeletedError);
    const events = await eventsOf(client.readAll({ fromPosition }));
    const types = events.filter(({ streamId }) => streamId === stream).map(({ type }) => type);
    expect(types.at(-1)).toBe('$streamDeleted');
  });
});
