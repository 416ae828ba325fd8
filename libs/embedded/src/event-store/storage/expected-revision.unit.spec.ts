import { randomBytes } from 'node:crypto';
import { EventCatalog } from './event-catalog.js';
import type { ExpectedRevision } from './expected-revision.js';
import { RecordKind } from './record-format.js';
import { DELETED_METADATA, METADATA_TYPE, TOMBSTONE_TYPE } from './retention.js';

let catalog: EventCatalog;
let position: number;

beforeEach(() => {
  catalog = new EventCatalog();
  position = 16;
});

function accept(
  stream: string,
  ids: Buffer[],
  type = 'Counted',
  data = '{}',
  kind: RecordKind = RecordKind.events,
): void {
  const firstRevision = catalog.lastRevision(stream) + 1;
  const events = ids.map((id) => ({ id, type, position: position++, bytes: 1 }));
  catalog.accept({ kind, stream, firstRevision, events, lastData: () => Buffer.from(data) });
  catalog.remember(catalog.index.size - ids.length);
}

const ids = (count: number) => Array.from({ length: count }, () => randomBytes(16));
const decide = (expected: ExpectedRevision, wanted: Buffer[]) => catalog.decide('s', expected, wanted).kind;

describe('an append', () => {
  it.each<[ExpectedRevision, string]>([
    ['any', 'append'],
    ['noStream', 'append'],
    ['streamExists', 'wrongRevision'],
    [0, 'wrongRevision'],
  ])('to no stream, expecting %s: %s', (expected, kind) => {
    expect(decide(expected, ids(1))).toBe(kind);
  });

  it.each<[ExpectedRevision, string]>([
    ['any', 'append'],
    ['noStream', 'wrongRevision'],
    ['streamExists', 'append'],
    [0, 'wrongRevision'],
    [1, 'wrongRevision'],
    [2, 'append'],
    [3, 'wrongRevision'],
  ])('to a stream at revision 2, expecting %s: %s', (expected, kind) => {
    accept('s', ids(3));
    expect(decide(expected, ids(1))).toBe(kind);
  });

  it.each<[ExpectedRevision, string]>([
    ['any', 'append'],
    ['noStream', 'append'],
    ['streamExists', 'deleted'],
    [2, 'append'],
    [1, 'wrongRevision'],
  ])('to a deleted stream, expecting %s: %s', (expected, kind) => {
    accept('s', ids(3));
    accept('$$s', ids(1), METADATA_TYPE, DELETED_METADATA.toString());
    expect(decide(expected, ids(1))).toBe(kind);
  });

  it.each<ExpectedRevision>(['any', 'noStream', 'streamExists', 2])(
    'to a stream deleted for ever, expecting %s: deleted',
    (expected) => {
      accept('s', ids(3));
      accept('s', ids(1), TOMBSTONE_TYPE, '{}', RecordKind.tombstone);
      expect(decide(expected, ids(1))).toBe('deleted');
    },
  );

  it('that is repeated is known by its ids in their place', () => {
    const first = ids(2);
    const second = ids(2);
    accept('s', first);
    accept('s', second);
    accept('other', ids(5));
    expect(catalog.decide('s', 1, second)).toEqual({ kind: 'repeated', lastSequence: 3 });
    expect(catalog.decide('s', 'noStream', first)).toEqual({ kind: 'repeated', lastSequence: 1 });
    expect(catalog.decide('s', 'any', second)).toEqual({ kind: 'repeated', lastSequence: 3 });
    expect(decide(1, [...second, ...ids(1)])).toBe('wrongRevision');
    expect(decide(0, second)).toBe('wrongRevision');
    expect(decide('any', [...second, ...ids(1)])).toBe('wrongRevision');
    expect(catalog.decide('another', 'any', second).kind).toBe('append');
  });

  it('of nothing is right where the revision is', () => {
    expect(decide('noStream', [])).toBe('append');
    accept('s', ids(3));
    expect(decide(2, [])).toBe('append');
    expect(decide(1, [])).toBe('wrongRevision');
    expect(decide('any', [])).toBe('append');
  });
});

describe('the catalog', () => {
  it('shows events and deletions only once they are on disk', () => {
    accept('s', ids(2));
    accept('$$s', ids(1), METADATA_TYPE, DELETED_METADATA.toString());
    const stream = catalog.index.streamNamed('s');
    catalog.publish(17);
    expect([stream.visibleEvents, stream.firstVisible]).toEqual([1, 0]);
    catalog.publish(18);
    expect([stream.visibleEvents, stream.firstVisible]).toEqual([2, 0]);
    catalog.publish(19);
    expect([stream.visibleEvents, stream.firstVisible]).toEqual([2, 2]);
  });

  it('wakes those who wait for the stream, and those who wait for any, once per publication', () => {
    const woken: string[] = [];
    const end = catalog.watchers.watch('s', () => woken.push('s'));
    catalog.watchers.watch('t', () => woken.push('t'));
    catalog.watchers.watch(undefined, () => woken.push('all'));
    accept('s', ids(3));
    catalog.publish(Infinity);
    expect(woken).toEqual(['s', 'all']);
    end();
    accept('s', ids(1));
    accept('t', ids(1));
    catalog.publish(Infinity);
    expect(woken).toEqual(['s', 'all', 't', 'all']);
  });

  it('does not take a revision out of turn', () => {
    const append = { kind: RecordKind.events, stream: 's', events: [], lastData: () => Buffer.alloc(0) };
    expect(() => catalog.accept({ ...append, firstRevision: 1 })).toThrow('revision 1 of s after -1');
  });

  it('finds events by position and revisions by event, also over many chunks', () => {
    const count = 70_000;
    for (let first = 0; first < count; first += 1_000) {
      accept('even', ids(500));
      accept('odd', ids(500));
    }
    catalog.publish(Infinity);
    const { index } = catalog;
    expect(index.size).toBe(count);
    expect(index.firstAt(0)).toBe(0);
    expect(index.firstAt(16 + 66_600)).toBe(66_600);
    expect(index.firstAt(Infinity)).toBe(count);
    expect(index.stream(66_600).name).toBe('odd');
    expect(index.stream(66_600).revisionOf(66_600)).toBe(33_100);
  });
});

describe('recent ids', () => {
  it('are remembered without being kept for ever', async () => {
    const { RecentIds } = await import('./recent-ids.js');
    const all = ids(35);
    const recent = new RecentIds(10, { hasId: (sequence, id) => all[sequence]?.equals(id) === true });
    for (const [sequence, id] of all.entries()) recent.add(id, sequence);
    const known = all.map((id) => recent.find(id)).filter((sequence) => sequence !== undefined);
    expect(known).toEqual(Array.from({ length: 15 }, (_, index) => 20 + index));
  });
});
