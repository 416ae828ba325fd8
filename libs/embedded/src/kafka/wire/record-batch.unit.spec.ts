import { recordBatch } from '../testing/batch.fixture.spec.js';
import { limits } from '../limits.js';
import { crc32c } from './crc32c.js';
import {
  batchFault,
  batchHeader,
  checksumHolds,
  placeBatch,
  recordAtTime,
  sequenceAfter,
} from './record-batch.js';

describe('CRC-32C', () => {
  it('has the check value of its definition', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
  });
});

describe('a record batch', () => {
  it('is placed without touching what its checksum covers', () => {
    const batch = recordBatch({ values: ['a', 'b', 'c'] });
    placeBatch(batch, 2 ** 33 + 4, 0);
    expect(batchHeader(batch)).toMatchObject({ baseOffset: 2 ** 33 + 4, lastOffset: 2 ** 33 + 6 });
    expect(checksumHolds(batch, 0, batch.length)).toBe(true);
  });

  it('counts sequences modulo 2^31', () => {
    expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0);
    expect(batchHeader(recordBatch({ values: ['a', 'b'], firstSequence: 2 ** 31 - 1 })).lastSequence).toBe(0);
  });

  const patched = (position: number, byte: number) => {
    const batch = recordBatch();
    batch[position] = byte;
    return batch;
  };

  it.each([
    ['in order', recordBatch(), undefined],
    ['of nothing', Buffer.alloc(0), 'truncated'],
    ['cut short', recordBatch().subarray(0, -1), 'truncated'],
    ['of an older format', patched(16, 1), 'old-format'],
    ['with another byte', patched(64, 255), 'bad-checksum'],
    ['followed by more', Buffer.concat([recordBatch(), recordBatch()]), 'not-one-batch'],
    ['of an unknown compression', recordBatch({ attributes: 7 }), 'bad-compression'],
    ['of a transaction', recordBatch({ attributes: 0x10 }), 'transactional'],
    ['of control records', recordBatch({ attributes: 0x20 }), 'bad-header'],
    ['beyond the limit', recordBatch({ values: ['x'.repeat(limits.batchBytes)] }), 'too-large'],
  ])('%s is judged', (_, batch, fault) => {
    expect(batchFault(batch)).toBe(fault);
  });

  it.each([
    ['plain', 0],
    ['gzip', 1],
  ])('%s is searched by time', (_, attributes) => {
    const batch = recordBatch({ values: ['a', 'b', 'c'], timesMs: [1_000, 2_000, 3_000], attributes });
    placeBatch(batch, 10, 0);
    expect(recordAtTime(batch, 1_500, 0, budget())).toEqual({ offset: 11, timestampMs: 2_000 });
    expect(recordAtTime(batch, 3_000, 0, budget())).toEqual({ offset: 12, timestampMs: 3_000 });
  });

  it('of a compression that is not opened stands as a whole', () => {
    const batch = recordBatch({ values: ['a', 'b'], timesMs: [1_000, 2_000], attributes: 2 });
    expect(recordAtTime(batch, 1_500, 0, budget())).toEqual({ offset: 0, timestampMs: 1_000 });
  });

  it('of gzip is unpacked as far as the budget goes, which one that hides its size uses up', () => {
    const values = ['a', 'x'.repeat(1_000_000)];
    const batch = recordBatch({ values, timesMs: [1_000, 2_000], attributes: 1 });
    const left = { bytes: 2_100_000 };
    const search = () => recordAtTime(batch, 1_500, 0, left)?.offset;
    expect([search(), search(), search()]).toEqual([1, 1, 0]);
    expect(left.bytes).toBe(0);
    const garbage = Buffer.from(batch).fill(7, 61);
    expect(recordAtTime(garbage, 1_500, 0, budget())?.offset).toBe(0);
  });
});

function budget() {
  return { bytes: 1_000_000 };
}
