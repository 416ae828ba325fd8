import type { CloudEvent } from '@florin/contracts';
import { EntryTraces } from './entry-traces.js';

const event = (traceparent?: string) =>
  ({ ...(traceparent === undefined ? {} : { traceparent }) }) as CloudEvent;

describe('EntryTraces', () => {
  it('gives a trace once', () => {
    const traces = new EntryTraces();
    traces.remember('a', event('00-1-2-01'));
    expect(traces.take('a')).toEqual({ traceparent: '00-1-2-01' });
    expect(traces.take('a')).toBeUndefined();
  });

  it('knows nothing of an entry without a trace', () => {
    const traces = new EntryTraces();
    traces.remember('a', event());
    expect(traces.take('a')).toBeUndefined();
  });

  it('forgets the oldest rather than grow without end', () => {
    const traces = new EntryTraces();
    for (let index = 0; index <= 10_000; index += 1) traces.remember(`${index}`, event('00-1-2-01'));
    expect(traces.take('0')).toBeUndefined();
    expect(traces.take('1')).toBeDefined();
  });
});
