import { createRequire } from 'node:module';
import { removeIdleTimers } from './kafka-patch.js';

interface Queue {
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  pending: { entry: object }[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
  destroy(): void;
}

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: object,
) => Queue;

function queue(): Queue {
  const logger = { debug: () => undefined };
  return new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    clientId: 'spec',
    broker: 'b',
    logger,
  });
}

describe('removeIdleTimers', () => {
  beforeAll(removeIdleTimers);

  it('keeps no timer while nothing waits', () => {
    const idle = queue();
    idle.checkPendingRequests();
    expect(idle.throttleCheckTimeoutId).toBeNull();
  });

  it('looks again while requests wait', async () => {
    const busy = queue();
    busy.throttledUntil = Date.now() + 20;
    busy.pending.push({ entry: {} });
    let looks = 0;
    busy.checkPendingRequests = () => (looks += 1);
    busy.scheduleCheckPendingRequests();
    const timer = busy.throttleCheckTimeoutId;
    expect(timer).not.toBeNull();
    busy.scheduleCheckPendingRequests();
    expect(busy.throttleCheckTimeoutId).toBe(timer);
    while (looks === 0) await new Promise(setImmediate);
    expect([looks, busy.throttleCheckTimeoutId]).toEqual([1, null]);
    busy.destroy();
  });
});
