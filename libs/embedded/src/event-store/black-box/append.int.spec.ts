import { randomUUID } from 'node:crypto';
import {
  binaryEvent,
  jsonEvent,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  WrongExpectedVersionError,
  type AppendToStreamOptions,
} from '@eventstore/db-client';
import { eventsOf, numbered, numbersOf, refusalOf } from './events.fixture.spec.js';
import { startServer, unique, type TestServer } from './server.fixture.spec.js';

/** With credentials the client takes the older call, one message per event. */
const ways: [string, AppendToStreamOptions][] = [
  ['BatchAppend', {}],
  ['Append', { credentials: { username: 'admin', password: 'changeit' } }],
];

describe.each(ways)('%s', (_, way) => {
  const run = unique('');
  const named = (name: string) => `${name}${run}`;
  let server: TestServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  const append = (stream: string, events = numbered(1), options: AppendToStreamOptions = {}) =>
    server.client.appendToStream(stream, events, { ...way, ...options });

  it('keeps id, type, data, metadata and time of every event', async () => {
    const id = randomUUID();
    const bytes = Uint8Array.from([0, 255, 1, 254]);
    await append(named('kinds'), [
      jsonEvent({ id, type: 'Grüße', data: { a: 'è' }, metadata: { b: [1] } }),
      binaryEvent({ type: 'Bytes', data: bytes, metadata: bytes }),
    ] as never);
    const [first, second] = await eventsOf(server.client.readStream(named('kinds')));
    expect(first).toMatchObject({ id, streamId: named('kinds'), revision: 0n, type: 'Grüße', isJson: true });
    expect(first).toMatchObject({ data: { a: 'è' }, metadata: { b: [1] } });
    expect(Math.abs(Date.now() - (first?.created.getTime() ?? 0))).toBeLessThan(60_000);
    expect(second).toMatchObject({ revision: 1n, type: 'Bytes', isJson: false });
    expect([...(second?.data as Uint8Array)]).toEqual([...bytes]);
    expect([...(second?.metadata as Uint8Array)]).toEqual([...bytes]);
  });

  it('appends a hundred at once and answers with the last revision and its position', async () => {
    const result = await append(named('hundred'), numbered(100));
    expect(result).toMatchObject({ success: true, nextExpectedRevision: 99n });
    const [last] = await eventsOf(
      server.client.readStream(named('hundred'), {
        direction: 'backwards',
        fromRevision: 'end',
        maxCount: 1,
      }),
    );
    expect(last?.position).toEqual(result.position);
  });

  it('takes any revision, whether there is a stream or not', async () => {
    expect(await append(named('any'))).toMatchObject({ nextExpectedRevision: 0n });
    expect(await append(named('any'), numbered(2), { expectedRevision: 'any' })).toMatchObject({
      nextExpectedRevision: 2n,
    });
  });

  it('expects no stream', async () => {
    await append(named('none'), numbered(2), { expectedRevision: 'no_stream' });
    const error = await refusalOf(append(named('none'), numbered(1), { expectedRevision: 'no_stream' }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({
      streamName: named('none'),
      expectedVersion: 'no_stream',
      actualVersion: 1n,
    });
  });

  it('expects that the stream exists', async () => {
    const error = await refusalOf(
      append(named('exists'), numbered(1), { expectedRevision: 'stream_exists' }),
    );
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ expectedVersion: 'stream_exists', actualVersion: 'no_stream' });
    await append(named('exists'));
    expect(await append(named('exists'), numbered(1), { expectedRevision: 'stream_exists' })).toMatchObject({
      nextExpectedRevision: 1n,
    });
  });

  it.each([
    [0n, 1n],
    [7n, 1n],
  ])('expects revision %s and finds %s', async (expectedRevision, actualVersion) => {
    const stream = unique('exact');
    await append(stream, numbered(2));
    const error = await refusalOf(append(stream, numbered(1), { expectedRevision }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, expectedVersion: expectedRevision, actualVersion });
    expect(await append(stream, numbered(1), { expectedRevision: 1n })).toMatchObject({
      nextExpectedRevision: 2n,
    });
  });

  it('expects a revision of a stream that is not there', async () => {
    const error = await refusalOf(append(named('absent'), numbered(1), { expectedRevision: 3n }));
    expect(error).toMatchObject({ expectedVersion: 3n, actualVersion: 'no_stream' });
  });

  it('decides appends in the order in which they come, also when they come together', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        append(named('race'), numbered(1, { first: index }), { expectedRevision: 'no_stream' }),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await numbersOf(server.client.readStream(named('race')))).toHaveLength(1);
  });

  it.each<[string, AppendToStreamOptions]>([
    ['a revision', { expectedRevision: 0n }],
    ['any revision', {}],
    ['an existing stream', { expectedRevision: 'stream_exists' }],
  ])(
    'succeeds again, and appends nothing, when the same is appended twice expecting %s',
    async (name, options) => {
      const stream = unique(`twice ${name}`);
      await append(stream);
      const events = numbered(3, { first: 1 });
      const first = await append(stream, events, options);
      await append(stream, numbered(1, { first: 4 }));
      expect(await append(stream, events, options)).toEqual(first);
      expect(await numbersOf(server.client.readStream(stream))).toEqual([0, 1, 2, 3, 4]);
      const partly = [...events.slice(0, 2), ...numbered(1)];
      expect(await refusalOf(append(stream, partly, options))).toBeInstanceOf(WrongExpectedVersionError);
    },
  );

  it('refuses more than 1 MiB, and takes just less', async () => {
    const sized = (bytes: number) => [binaryEvent({ type: 'T', data: Buffer.alloc(bytes - 2) })] as never;
    const error = await refusalOf(append(named('large'), sized(1024 * 1024 + 1)));
    expect(error).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(error).toMatchObject({ maxAppendSize: 1024 * 1024 });
    await expect(append(named('large'), sized(10 * 1024 * 1024))).rejects.toThrow(MaxAppendSizeExceededError);
    expect(await append(named('large'), sized(1024 * 1024))).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('takes an append whose first event is new, and refuses one whose first alone is known', async () => {
    const stream = unique('overlap');
    const [first, second, third] = [numbered(1), numbered(1), numbered(1)];
    await append(stream, [...first, ...second]);
    const overlapping = append(stream, [...second, ...third]);
    expect(await refusalOf(overlapping)).toBeInstanceOf(WrongExpectedVersionError);
    const beyond = append(stream, [...first, ...second, ...third], { expectedRevision: 'no_stream' });
    expect(await refusalOf(beyond)).toBeInstanceOf(WrongExpectedVersionError);
    // Only the first id is looked at to tell what is new.
    expect(await append(stream, [...third, ...second])).toMatchObject({ nextExpectedRevision: 3n });
    expect(await append(unique('elsewhere'), first)).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('refuses an event without a type', async () => {
    await expect(append(named('untyped'), numbered(1, { type: '' }))).rejects.toThrow();
  });

  it('refuses ids that are no UUID', async () => {
    const event = jsonEvent({ id: 'number one', type: 'Counted', data: {} });
    await expect(append(named('ids'), [event] as never)).rejects.toThrow();
  });

  it('refuses appends to a stream that is deleted for ever', async () => {
    await append(named('tombstoned'));
    await server.client.tombstoneStream(named('tombstoned'));
    const error = await refusalOf(append(named('tombstoned')));
    expect(error).toBeInstanceOf(StreamDeletedError);
    expect(error).toMatchObject({ streamName: named('tombstoned') });
  });
});

describe('BatchAppend', () => {
  const run = unique('');
  const named = (name: string) => `${name}${run}`;
  let server: TestServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  it('joins an append that comes in several messages', async () => {
    const { client } = server;
    const options = { batchAppendSize: 500 };
    const results = await Promise.all(
      ['a', 'b', 'c'].map((name) => client.appendToStream(named(name), numbered(100), options)),
    );
    expect(results).toEqual(Array(3).fill(expect.objectContaining({ nextExpectedRevision: 99n })));
    expect(await numbersOf(client.readStream(named('b')))).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
  });

  it('answers once when an append in several messages is too large', async () => {
    const events = Array.from({ length: 5 }, () => jsonEvent({ type: 'Large', data: 'x'.repeat(400_000) }));
    const append = server.client.appendToStream(named('large'), events, { batchAppendSize: 500_000 });
    await expect(append).rejects.toThrow(MaxAppendSizeExceededError);
    await server.client.appendToStream(named('large'), numbered(1));
  });

  it('tells when the deadline was over before the append had arrived', async () => {
    const append = server.client.appendToStream(named('late'), numbered(1), { deadline: -1_000 });
    await expect(append).rejects.toMatchObject({ type: 'deadline-exceeded' });
    await expect(eventsOf(server.client.readStream(named('late')))).rejects.toThrow('not found');
  });
});
