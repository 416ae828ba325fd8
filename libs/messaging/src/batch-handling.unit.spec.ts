import { cloudEvent, paymentCompleted, paymentCreated, type CloudEvent } from '@florin/contracts';
import { handleMessages, type BatchMessage, type BatchPolicy } from './batch-handling.js';
import { toKafkaMessage } from './cloud-event-codec.js';

const uuid = (n: number): string => `0190a6f4-5c1d-7c3e-8000-${String(n).padStart(12, '0')}`;

function payment(n: number): CloudEvent {
  return cloudEvent(paymentCreated, {
    id: uuid(n),
    source: '/florin/payments',
    time: '2026-11-21T10:00:00.000Z',
    data: {
      paymentId: uuid(n),
      payerId: uuid(100),
      payeeId: uuid(101),
      amount: { value: n + 1, currency: 'EUR' },
      market: 'it',
      channel: 'web',
    },
  });
}

function message(offset: number, event: CloudEvent): BatchMessage {
  const { key, value, headers } = toKafkaMessage(event);
  const buffers = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return {
    offset: String(offset),
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: Object.fromEntries(buffers),
  };
}

const outage = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** Runs messages through a handler and keeps what happened, in order. */
function scene(handler: (ids: number[]) => void, overrides: Partial<BatchPolicy> = {}) {
  const log: string[] = [];
  const controller = new AbortController();
  const policy: BatchPolicy = {
    definitions: [paymentCreated],
    maxAttempts: 3,
    backoff: { firstDelayMs: 1, longestDelayMs: 1 },
    signal: controller.signal,
    handle: async (events) => {
      const ids = events.map(({ id }) => Number(id.slice(-12)));
      log.push(`handle ${ids.join(',')}`);
      handler(ids);
      return Promise.resolve();
    },
    giveUp: async ({ offset }, { reason, error, attempts }) => {
      log.push(`give up ${offset} (${reason}, ${attempts}: ${error.message})`);
      return Promise.resolve();
    },
    resolved: (offset) => log.push(`resolved ${offset}`),
    report: () => undefined,
    ...overrides,
  };
  return { log, policy, stop: () => controller.abort() };
}

describe('handleMessages', () => {
  it('hands a batch over at once and resolves its last offset after the effect', async () => {
    const { log, policy } = scene(() => undefined);
    await handleMessages([message(5, payment(1)), message(6, payment(2))], policy);
    expect(log).toEqual(['handle 1,2', 'resolved 6']);
  });

  it('never hands over more than the limit at once', async () => {
    const sizes: number[] = [];
    const { log, policy } = scene((ids) => sizes.push(ids.length));
    await handleMessages(
      Array.from({ length: 501 }, (_, n) => message(n, payment(n))),
      policy,
    );
    expect(sizes).toEqual([500, 1]);
    expect(log.filter((line) => line.startsWith('resolved'))).toEqual([
      'resolved 499',
      'resolved 500',
      'resolved 500',
    ]);
  });

  it('gives up what keeps failing, in its place, and handles what is before and after it', async () => {
    const { log, policy } = scene((ids) => {
      if (ids.includes(2)) throw new Error('poison');
    });
    await handleMessages(
      [1, 2, 3].map((n) => message(n, payment(n))),
      policy,
    );
    expect(log).toEqual([
      'handle 1,2,3',
      'handle 1',
      'resolved 1',
      'handle 2',
      'handle 2',
      'handle 2',
      'give up 2 (handler, 3: poison)',
      'resolved 2',
      'handle 3',
      'resolved 3',
      'resolved 3',
    ]);
  });

  it('gives up at once what says that it will fail the same way again', async () => {
    const { log, policy } = scene(() => {
      throw Object.assign(new Error('nonsense'), { permanent: true });
    });
    await handleMessages([message(1, payment(1))], policy);
    expect(log).toEqual(['handle 1', 'give up 1 (handler, 1: nonsense)', 'resolved 1', 'resolved 1']);
  });

  it('waits an outage out, however often it fails, and gives nothing up', async () => {
    let failures = 0;
    const { log, policy } = scene(() => {
      failures += 1;
      if (failures < 10) throw outage;
    });
    await handleMessages([message(1, payment(1)), message(2, payment(2))], policy);
    expect(log).toEqual([...Array<string>(10).fill('handle 1,2'), 'resolved 2']);
  });

  it('stops waiting when the partition is lost, and leaves the rest unresolved', async () => {
    const { log, policy, stop } = scene(() => {
      stop();
      throw outage;
    });
    await handleMessages([message(1, payment(1)), message(2, payment(2))], policy);
    expect(log).toEqual(['handle 1,2']);
  });

  it('moves what is no event, or breaks its contract, straight to the dead letter', async () => {
    const { log, policy } = scene(() => undefined);
    const broken = { ...payment(2), data: { ...(payment(2).data as object), market: 'moon' } };
    await handleMessages(
      [message(1, payment(1)), message(2, broken), { offset: '3', key: null, value: Buffer.from('hello') }],
      policy,
    );
    expect(log).toEqual([
      'give up 2 (contract, 0: market: invalid_value)',
      'give up 3 (malformed, 0: the value is not JSON)',
      'handle 1',
      'resolved 1',
      'resolved 3',
    ]);
  });

  it('tries the dead letter again until it takes the message', async () => {
    let failures = 0;
    const { log, policy } = scene(() => undefined, {
      giveUp: async () => {
        failures += 1;
        if (failures < 5) throw new Error('no leader');
        return Promise.resolve();
      },
    });
    await handleMessages([{ offset: '3', key: null, value: null }], policy);
    expect({ failures, log }).toEqual({ failures: 5, log: ['resolved 3'] });
  });

  it('skips types of the topic that the handler left out; a type without any contract is a dead letter', async () => {
    const known = { ...payment(1), type: paymentCompleted.type };
    const unknown = { ...payment(2), type: 'com.florin.payment.created.v9' };
    const { log, policy } = scene(() => undefined);
    await handleMessages([message(1, known), message(2, unknown)], policy);
    expect(log).toEqual([
      'give up 2 (unknown_type, 0: no contract of this build names the type)',
      'resolved 2',
    ]);
  });
});
