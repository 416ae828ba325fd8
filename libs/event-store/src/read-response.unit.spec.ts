import { convertGrpcEvent } from '@eventstore/db-client/dist/utils/index.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { decodeReadResponse } from './read-response.js';

const { ReadEvent } = messages.ReadResp;

interface Draft {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly created: string;
  readonly revision: number;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

const draft: Draft = {
  id: '018f4e9a-0000-8000-8000-000000000001',
  type: 'Counted',
  contentType: 'application/json',
  created: '17637588001234567',
  revision: 7,
  metadata: Buffer.from('{"by":"spec"}'),
  data: Buffer.from('{"n":1}'),
};

/** As the client's own classes write it. */
function response({ id, type, contentType, created, revision, metadata, data }: Draft): messages.ReadResp {
  const event = new ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(id))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from('a-stream')))
    .setStreamRevision(String(revision))
    .setPreparePosition('18446744073709551615')
    .setCommitPosition('4711')
    .setCustomMetadata(metadata)
    .setData(data);
  event.getMetadataMap().set('type', type).set('content-type', contentType).set('created', created);
  return new messages.ReadResp().setEvent(new ReadEvent().setEvent(event).setCommitPosition('4711'));
}

function bytesOf(message: messages.ReadResp): Buffer {
  return Buffer.from(message.serializeBinary());
}

/** What the client makes of it. */
function byClient(message: messages.ReadResp) {
  const { id, type, revision, data, metadata, created } = convertGrpcEvent(
    messages.ReadResp.deserializeBinary(message.serializeBinary()).getEvent() as messages.ReadResp.ReadEvent,
  ).event as Record<string, unknown>;
  return { id, type, revision, data, metadata, created };
}

describe('decodeReadResponse', () => {
  it('finds in every event what the client finds', () => {
    const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
    const some = fc.record({
      id: fc.uuid(),
      type: fc.string({ minLength: 1, unit: 'grapheme' }),
      contentType: fc.constantFrom('application/json', 'application/octet-stream'),
      created: fc.bigInt(0n, 10n ** 17n).map(String),
      revision: fc.maxSafeNat(),
      metadata: fc.oneof(json, fc.uint8Array()),
      data: fc.oneof(json, fc.uint8Array()),
    });
    fc.assert(
      fc.property(some, (one) => {
        const message = response(one);
        expect(decodeReadResponse(bytesOf(message))).toEqual(byClient(message));
      }),
    );
  });

  it('reads an event without metadata, of no time', () => {
    const message = response({ ...draft, metadata: Buffer.alloc(0), created: '' });
    expect(decodeReadResponse(bytesOf(message))).toEqual({
      ...{ id: draft.id, type: 'Counted', revision: 7n, data: { n: 1 }, metadata: undefined },
      created: new Date(0),
    });
  });

  it('tells a stream that is not there from what says nothing of events', () => {
    const absent = new messages.ReadResp.StreamNotFound().setStreamIdentifier(new shared.StreamIdentifier());
    expect(decodeReadResponse(bytesOf(new messages.ReadResp().setStreamNotFound(absent)))).toBe('no_stream');
    const last = new messages.ReadResp().setLastStreamPosition('18446744073709551615');
    expect(decodeReadResponse(bytesOf(last))).toBeUndefined();
    const caughtUp = new messages.ReadResp().setCaughtUp(new messages.ReadResp.CaughtUp());
    expect(decodeReadResponse(bytesOf(caughtUp))).toBeUndefined();
  });

  it('steps over fields that are new to it, of every kind', () => {
    const unknown = Buffer.from([
      0xf8, 0x07, 0x96, 0x01, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 0xfd, 0x07, 1, 2, 3, 4,
    ]);
    const event = decodeReadResponse(Buffer.concat([unknown, bytesOf(response(draft)), unknown]));
    expect(event).toMatchObject({ id: draft.id, data: { n: 1 } });
  });

  it.each([
    ['cut short', bytesOf(response(draft)).subarray(0, -1)],
    ['of an unknown kind', Buffer.from([0x0f, 0x01])],
    ['a number without an end', Buffer.alloc(12, 0xff)],
    ['an event without an id', bytesOf(response({ ...draft, id: '' }))],
    ['an event without a type', bytesOf(response({ ...draft, type: '' }))],
  ])('refuses what is %s', (_, bytes) => {
    expect(() => decodeReadResponse(bytes)).toThrow(Error);
  });

  it('reads nothing of a message that was cut anywhere', () => {
    const whole = bytesOf(response(draft));
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => decodeReadResponse(whole.subarray(0, length))).toThrow(/cut short|no end/);
    }
  });
});
