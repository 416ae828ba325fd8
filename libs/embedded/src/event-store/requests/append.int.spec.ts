import { randomUUID } from 'node:crypto';
import {
  binaryEvent,
  jsonEvent,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  WrongExpectedVersionError,
  type AppendToStreamOptions,
} from '@eventstore/db-client';
import {
  eventsOf,
  numbered,
  numbersOf,
  refusalOf,
  startFixture,
  type Fixture,
} from '../event-store.fixture.spec.js';

/** With credentials the client takes the older call, one message per event. */
const ways: [string, AppendToStreamOptions][] = [
  ['BatchAppend', {}],
  ['Append', { credentials: { username: 'admin', password: 'changeit' } }],
];

describe.each(ways)('%s', (_, way) => {
  let fixture: Fixture;
  beforeAll(async () => (fixture = await startFixture()));
  afterAll(() => fixture.remove());

  const append = (stream: string, events = numbered(1), options: AppendToStreamOptions = {}) =>
    fixture.client.appendToStream(stream, events, { ...way, ...options });

  it('keeps id, type, data, metadata and time of every event', async () => {
    const id = randomUUID();
    const bytes = Uint8Array.from([0, 255, 1, 254]);
    await append('kinds', [
      jsonEvent({ id, type: 'Grüße', data: { a: 'è' }, metadata: { b: [1] } }),
      binaryEvent({ type: 'Bytes', data: bytes, metadata: bytes }),
    ] as never);
    const [first, second] = await eventsOf(fixture.client.readStream('kinds'));
    expect(first).toMatchObject({ id, streamId: 'kinds', revision: 0n, type: 'Grüße', isJson: true });
    expect(first).toMatchObject({ data: { a: 'è' }, metadata: { b: [1] } });
    expect(Math.abs(Date.now() - (first?.created.getTime() ?? 0))).toBeLessThan(60_000);
    expect(second).toMatchObject({ revision: 1n, type: 'Bytes', isJson: false });
    expect([...(second?.data as Uint8Array)]).toEqual([...bytes]);
    expect([...(second?.metadata as Uint8Array)]).toEqual([...bytes]);
  });

  it('appends a hundred at once and answers with the last revision and its position', async () => {
    const result = await append('hundred', numbered(100));
    expect(result).toMatchObject({ success: true, nextExpectedRevision: 99n });
    const [last] = await eventsOf(
      fixture.client.readStream('hundred', { direction: 'backwards', fromRevision: 'end', maxCount: 1 }),
    );
    expect(last?.position).toEqual(result.position);
  });

  it('takes any revision, whether there is a stream or not', async () => {
    expect(await append('any')).toMatchObject({ nextExpectedRevision: 0n });
    expect(await append('any', numbered(2), { expectedRevision: 'any' })).toMatchObject({
      nextExpectedRevision: 2n,
    });
  });

  it('expects no stream', async () => {
    await append('none', numbered(2), { expectedRevision: 'no_stream' });
    const error = await refusalOf(append('none', numbered(1), { expectedRevision: 'no_stream' }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: 'none', expectedVersion: 'no_stream', actualVersion: 1n });
  });

  it('expects that the stream exists', async () => {
    const error = await refusalOf(append('exists', numbered(1), { expectedRevision: 'stream_exists' }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ expectedVersion: 'stream_exists', actualVersion: 'no_stream' });
    await append('exists');
    expect(await append('exists', numbered(1), { expectedRevision: 'stream_exists' })).toMatchObject({
      nextExpectedRevision: 1n,
    });
  });

  it.each([
    [0n, 1n],
    [7n, 1n],
  ])('expects revision %s and finds %s', async (expectedRevision, actualVersion) => {
    const stream = `exact-${expectedRevision}`;
    await append(stream, numbered(2));
    const error = await refusalOf(append(stream, numbered(1), { expectedRevision }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, expectedVersion: expectedRevision, actualVersion });
    expect(await append(stream, numbered(1), { expectedRevision: 1n })).toMatchObject({
      nextExpectedRevision: 2n,
    });
  });

  it('expects a revision of a stream that is not there', async () => {
    const error = await refusalOf(append('absent', numbered(1), { expectedRevision: 3n }));
    expect(error).toMatchObject({ expectedVersion: 3n, actualVersion: 'no_stream' });
  });

  it('decides appends in the order in which they come, also when they come together', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        append('race', numbered(1, { first: index }), { expectedRevision: 'no_stream' }),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await numbersOf(fixture.client.readStream('race'))).toHaveLength(1);
  });

  it.each<[string, AppendToStreamOptions]>([
    ['a revision', { expectedRevision: 0n }],
    ['any revision', {}],
    ['an existing stream', { expectedRevision: 'stream_exists' }],
  ])(
    'succeeds again, and appends nothing, when the same is appended twice expecting %s',
    async (name, options) => {
      const stream = `twice ${name}`;
      await append(stream);
      const events = numbered(3, { first: 1 });
      const first = await append(stream, events, options);
      await append(stream, numbered(1, { first: 4 }));
      expect(await append(stream, events, options)).toEqual(first);
      expect(await numbersOf(fixture.client.readStream(stream))).toEqual([0, 1, 2, 3, 4]);
      const partly = [...events.slice(0, 2), ...numbered(1)];
      expect(await refusalOf(append(stream, partly, options))).toBeInstanceOf(WrongExpectedVersionError);
    },
  );

  it('knows a repeated append after a restart', async () => {
    const events = numbered(3);
    const first = await append('again', events, { expectedRevision: 'no_stream' });
    await fixture.restart();
    expect(await append('again', events, { expectedRevision: 'no_stream' })).toEqual(first);
    expect(await append('again', events)).toEqual(first);
  });

  it('refuses more than 1 MiB, and takes just less', async () => {
    const sized = (bytes: number) => [binaryEvent({ type: '', data: Buffer.alloc(bytes) })] as never;
    const error = await refusalOf(append('large', sized(1024 * 1024 + 1)));
    expect(error).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(error).toMatchObject({ maxAppendSize: 1024 * 1024 });
    await expect(append('large', sized(10 * 1024 * 1024))).rejects.toThrow(MaxAppendSizeExceededError);
    expect(await append('large', sized(1024 * 1024))).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('refuses ids that are no UUID', async () => {
    const event = jsonEvent({ id: 'number one', type: 'Counted', data: {} });
    await expect(append('ids', [event] as never)).rejects.toThrow(/must be a UUID/);
  });

  it('refuses appends to a stream that is deleted for ever', async () => {
    await append('tombstoned');
    await fixture.client.tombstoneStream('tombstoned');
    const error = await refusalOf(append('tombstoned'));
    expect(error).toBeInstanceOf(StreamDeletedError);
    expect(error).toMatchObject({ streamName: 'tombstoned' });
  });
});

describe('BatchAppend', () => {
  let fixture: Fixture;
  beforeAll(async () => (fixture = await startFixture()));
  afterAll(() => fixture.remove());

  it('joins an append that comes in several messages', async () => {
    const { client } = fixture;
    const options = { batchAppendSize: 500 };
    const results = await Promise.all(
      ['a', 'b', 'c'].map((stream) => client.appendToStream(stream, numbered(100), options)),
    );
    expect(results).toEqual(Array(3).fill(expect.objectContaining({ nextExpectedRevision: 99n })));
    expect(await numbersOf(client.readStream('b'))).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('answers once when an append in several messages is too large', async () => {
    const events = Array.from({ length: 5 }, () => jsonEvent({ type: 'Large', data: 'x'.repeat(400_000) }));
    const append = fixture.client.appendToStream('large', events, { batchAppendSize: 500_000 });
    await expect(append).rejects.toThrow(MaxAppendSizeExceededError);
    await fixture.client.appendToStream('large', numbered(1));
  });

  it('tells when the deadline was over before the append had arrived', async () => {
    const append = fixture.client.appendToStream('late', numbered(1), { deadline: -1_000 });
    await expect(append).rejects.toMatchObject({ type: 'deadline-exceeded' });
    await expect(eventsOf(fixture.client.readStream('late'))).rejects.toThrow('not found');
  });
});
