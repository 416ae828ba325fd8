import messages from '@eventstore/db-client/generated/streams_pb.js';
import { encodeAppend } from './append-request.js';
import type { ExpectedRevision, NewEvent } from './event-store.js';

const correlationId = '01a1fdfa-4610-7000-8000-0000000e0001';
const draft = (expected: ExpectedRevision) => ({
  ...{ correlationId, stream: 'ledger-it-eur', expected, deadlineSeconds: 1_790_000_000 },
});
const decoded = (requests: Buffer[]) =>
  requests.map((bytes) => messages.BatchAppendReq.deserializeBinary(Uint8Array.from(bytes)));
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

const events: NewEvent[] = [
  {
    id: '4bf92f35-77b3-8da6-a3ce-929d0e0e4736',
    type: 'Posted',
    data: { a: 1, name: 'Zoë €' },
    metadata: { b: [2] },
  },
  {
    id: '7d1c0a52-94be-8f0e-9a57-31c6d8e2b410',
    type: 'Größe'.repeat(40),
    data: { long: 'x'.repeat(20_000) },
  },
];

describe('the request of an append', () => {
  it("is one that the client's own messages read", () => {
    const [request, ...more] = decoded(encodeAppend(draft(300n), events));
    expect(more).toEqual([]);
    expect(request?.getCorrelationId()?.getString()).toBe(correlationId);
    expect(request?.getIsFinal()).toBe(true);
    const options = request?.getOptions();
    expect(options?.getStreamPosition()).toBe('300');
    expect(textOf(options?.getStreamIdentifier()?.getStreamName_asU8() as Uint8Array)).toBe('ledger-it-eur');
    expect(options?.getDeadline()?.getSeconds()).toBe(1_790_000_000);
    const proposed = request?.getProposedMessagesList().map((message) => ({
      id: message.getId()?.getString(),
      type: message.getMetadataMap().get('type'),
      contentType: message.getMetadataMap().get('content-type'),
      data: JSON.parse(textOf(message.getData_asU8())) as unknown,
      metadata: textOf(message.getCustomMetadata_asU8()),
    }));
    expect(proposed).toEqual(
      events.map(({ id, type, data, metadata }) => ({
        ...{ id, type, data, contentType: 'application/json' },
        metadata: metadata === undefined ? '' : JSON.stringify(metadata),
      })),
    );
  });

  it.each([
    ['no_stream', (o?: messages.BatchAppendReq.Options) => o?.hasNoStream()],
    ['any', (o?: messages.BatchAppendReq.Options) => o?.hasAny()],
    [0n, (o?: messages.BatchAppendReq.Options) => o?.getStreamPosition() === '0'],
    [2n ** 53n, (o?: messages.BatchAppendReq.Options) => o?.getStreamPosition() === '9007199254740992'],
  ] as const)('expects %s', (expected, isSaid) => {
    expect(isSaid(decoded(encodeAppend(draft(expected), events))[0]?.getOptions())).toBe(true);
  });

  it('is parted where the events are large, with the options first and the end last', () => {
    const large = { id: events[0]?.id as string, type: 'Large', data: { padding: 'x'.repeat(900_000) } };
    const requests = decoded(encodeAppend(draft('any'), [large, large, large, large, large]));
    expect(requests.map((request) => request.getProposedMessagesList().length)).toEqual([2, 2, 1]);
    expect(requests.map((request) => request.hasOptions())).toEqual([true, false, false]);
    expect(requests.map((request) => request.getIsFinal())).toEqual([false, false, true]);
    expect(new Set(requests.map((request) => request.getCorrelationId()?.getString())).size).toBe(1);
  });
});
