import { cloudEvent, paymentCreated, topics, type CloudEvent } from '@florin/contracts';
import { fromKafkaMessage, MalformedEvent, maxEventBytes, toKafkaMessage } from './cloud-event-codec.js';
import { outgoingMessage } from './publisher.js';

const data = {
  paymentId: '0190a6f4-5c1d-7c3e-8000-000000000001',
  payerId: '0190a6f4-5c1d-7c3e-8000-000000000002',
  payeeId: '0190a6f4-5c1d-7c3e-8000-000000000003',
  amount: { value: 1250, currency: 'EUR' },
  market: 'it',
  channel: 'whatsapp',
} as const;

function created(trace: { traceparent?: string; tracestate?: string } = {}): CloudEvent {
  return cloudEvent(paymentCreated, {
    id: '0190a6f4-5c1d-7c3e-8000-00000000000a',
    source: '/florin/payments',
    time: '2026-11-21T10:00:00.000Z',
    data,
    ...trace,
  });
}

function received(
  headers: Record<string, string>,
  value: string | null,
  key = 'k',
): Parameters<typeof fromKafkaMessage>[0] {
  const buffers = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);
  return {
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: Object.fromEntries(buffers) as Record<string, Buffer>,
  };
}

describe('CloudEvents on Kafka', () => {
  it('carries attributes as headers, the data as the value, the partition key as the key', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(toKafkaMessage(created({ traceparent }))).toEqual({
      key: data.paymentId,
      value: JSON.stringify(data),
      headers: {
        ce_specversion: '1.0',
        ce_id: '0190a6f4-5c1d-7c3e-8000-00000000000a',
        ce_source: '/florin/payments',
        ce_type: 'com.florin.payment.created.v1',
        ce_subject: `payment/${data.paymentId}`,
        ce_time: '2026-11-21T10:00:00.000Z',
        ce_partitionkey: data.paymentId,
        'content-type': 'application/json',
        ce_traceparent: traceparent,
        traceparent,
      },
    });
  });

  it('reads back what it wrote', () => {
    const event = created({
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
    });
    const { headers, value, key } = toKafkaMessage(event);
    expect(fromKafkaMessage(received(headers, value, key))).toEqual(event);
  });

  it('reads structured mode, with the key of the message as partition key', () => {
    const { partitionkey: _, ...event } = created();
    const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
    const read = fromKafkaMessage(received(headers, JSON.stringify(event), 'from-key'));
    expect(read).toEqual({ ...event, partitionkey: 'from-key' });
  });

  it('finds the topic by the contract of the type', () => {
    expect(outgoingMessage(created()).topic).toBe(topics.payments.name);
    expect(() => outgoingMessage({ ...created(), type: 'com.example.unknown.v1' })).toThrow(
      'no contract names the event type com.example.unknown.v1',
    );
  });

  it.each([
    ['without a value', received({}, null), 'the message has no value'],
    ['that is not JSON', received({}, '{"secret":'), 'the value is not JSON'],
    [
      'without attributes',
      received({ 'content-type': 'application/json' }, '{}'),
      'attributes are wrong: specversion: invalid_value, id: invalid_type, source: invalid_type, type: invalid_type, time: invalid_type',
    ],
  ])('refuses a message %s, without quoting it', (_, message, reason) => {
    expect(() => fromKafkaMessage(message)).toThrow(new MalformedEvent(reason));
  });

  it('refuses an event that is too large to be sent', () => {
    const large = { ...created(), data: 'x'.repeat(maxEventBytes) };
    expect(() => toKafkaMessage(large)).toThrow(RangeError);
  });
});
