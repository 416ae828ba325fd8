import { collectSpans, type SpanCollector } from './span-collector.js';

let collector: SpanCollector;
beforeEach(async () => (collector = await collectSpans()));
afterEach(() => collector.close());

function send(body: unknown): Promise<Response> {
  return fetch(`${collector.endpoint}/v1/traces`, { method: 'POST', body: JSON.stringify(body) });
}

const span = {
  ...{ name: 'process x', traceId: 'a', links: [{ traceId: 'b' }, { traceId: 'a' }] },
  ...{ startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000000001500000' },
};
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'wallet' } }] };

it('keeps what is exported to it, until it is cleared', async () => {
  const answer = await send({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
  expect(answer.status).toBe(200);
  expect(collector.spans).toEqual([
    {
      ...{ service: 'wallet', name: 'process x', traces: ['a', 'b'] },
      ...{ startMs: 1_700_000_000_000, endMs: 1_700_000_000_001.5 },
    },
  ]);
  collector.clear();
  expect(collector.spans).toEqual([]);
});

it('refuses what is no export', async () => {
  expect((await send({ spans: [] })).status).toBe(400);
  expect(collector.spans).toEqual([]);
});
