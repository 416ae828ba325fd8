import { randomBytes } from 'node:crypto';
import type { AppendLog } from './append-log.js';
import { EventCatalog } from './event-catalog.js';
import { EventReader } from './event-reader.js';
import { RecordKind } from './record-format.js';

const catalog = new EventCatalog();
const reader = new EventReader(catalog.index, {} as AppendLog, () => 0);

beforeAll(() => {
  const ids = Array.from({ length: 30_000 }, () => randomBytes(16));
  const events = ids.map((id, position) => ({ id, type: 'Counted', position, bytes: 1 }));
  const append = { kind: RecordKind.events, stream: 's', firstRevision: 0, lastData: () => Buffer.alloc(0) };
  catalog.accept({ ...append, events });
  catalog.publish(Infinity);
});

describe('a page of what a filter wants', () => {
  const page = (filter: () => boolean) => reader.allPage(0, 1, Infinity, catalog.index.visibleSize, filter);

  it('ends after some events where it wants none', () => {
    const { sequences, next } = page(() => false);
    expect(sequences).toEqual([]);
    expect(next).toBeGreaterThan(0);
    expect(next).toBeLessThanOrEqual(10_000);
  });

  it('ends soon where the filter takes long', () => {
    const slow = () => {
      for (const endMs = performance.now() + 30; performance.now() < endMs;);
      return true;
    };
    expect(page(slow)).toEqual({ sequences: [0], next: 1 });
  });
});
