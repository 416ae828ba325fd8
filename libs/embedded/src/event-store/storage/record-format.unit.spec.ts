import { randomBytes } from 'node:crypto';
import { durableBefore, isIntact, recordBytes, sealRecord } from './log-format.js';
import { readRecord, RecordBuilder, RecordKind } from './record-format.js';

const events = [
  { id: randomBytes(16), type: 'Opened', payload: Buffer.from('first') },
  { id: randomBytes(16), type: 'Größer', payload: Buffer.alloc(100_000, 7) },
  { id: randomBytes(16), type: '', payload: Buffer.alloc(0) },
];

function build(builder: RecordBuilder, base = 1_000): Buffer {
  builder.start(base, RecordKind.events, 'bücher', 2 ** 40);
  for (const { id, type, payload } of events) builder.add(id, type, () => payload);
  const record = Buffer.from(builder.finish());
  sealRecord(record, base);
  return record;
}

describe('a record', () => {
  it('reads as it was built', () => {
    const record = build(new RecordBuilder());
    expect(recordBytes(record)).toBe(record.length);
    expect(isIntact(record)).toBe(true);
    expect(durableBefore(record)).toBe(1_000);
    const { events: read, ...rest } = readRecord(record, 1_000);
    expect(rest).toEqual({ kind: RecordKind.events, stream: 'bücher', firstRevision: 2 ** 40 });
    expect(read).toEqual(
      events.map(({ id, type, payload }) => ({
        id,
        type,
        bytes: payload.length,
        position: expect.any(Number),
      })),
    );
  });

  it('says at which position of the log each payload lies', () => {
    const builder = new RecordBuilder();
    builder.start(500, RecordKind.events, 's', 0);
    const positions: number[] = [];
    const added = events.map(({ id, type, payload }) =>
      builder.add(id, type, (position) => {
        positions.push(position);
        return payload;
      }),
    );
    const record = builder.finish();
    expect(added.map(({ position }) => position)).toEqual(positions);
    for (const [index, { position, bytes }] of added.entries()) {
      expect(record.subarray(position - 500, position - 500 + bytes)).toEqual(events[index]?.payload);
    }
    expect(readRecord(record, 500).events.map(({ position }) => position)).toEqual(positions);
  });

  it('is not intact when any one of its bits has changed', () => {
    const builder = new RecordBuilder();
    builder.start(0, RecordKind.events, 'stream', 0);
    builder.add(randomBytes(16), 'Type', () => Buffer.from('payload'));
    const record = Buffer.from(builder.finish());
    sealRecord(record, 12);
    for (let bit = 0; bit < record.length * 8; bit++) {
      const changed = Buffer.from(record);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const length = recordBytes(changed);
      expect(length === record.length && isIntact(changed)).toBe(false);
    }
  });

  it('can be built after one that failed', () => {
    const builder = new RecordBuilder();
    builder.start(0, RecordKind.events, 'broken', 0);
    expect(() =>
      builder.add(randomBytes(16), 'T', () => {
        throw new Error('no payload');
      }),
    ).toThrow('no payload');
    expect(readRecord(build(builder), 1_000).events).toHaveLength(3);
  });
});
