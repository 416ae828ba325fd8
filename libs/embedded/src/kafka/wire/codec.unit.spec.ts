import { limits } from '../limits.js';
import {
  type Api,
  array,
  int16,
  int32,
  int64,
  int8,
  MalformedRequest,
  nullableString,
  Reader,
  since,
  string,
  struct,
  until,
  type WireType,
  Writer,
} from './codec.js';
import * as cluster from './cluster.api.js';
import * as data from './data.api.js';
import * as group from './group.api.js';
import * as topic from './topic.api.js';

function bytesOf<T>(type: WireType<T>, value: T, version = 0): Buffer {
  const writer = new Writer();
  type.write(writer, value, version);
  return Buffer.concat(writer.frame(0).slice(1));
}

function roundTrip<T>(type: WireType<T>, value: T, version = 0): T {
  return type.read(new Reader(bytesOf(type, value, version)), version);
}

describe('the codec', () => {
  it.each([0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32 + 5, -(2 ** 40) - 3, Number.MAX_SAFE_INTEGER])(
    'carries the 64-bit number %d',
    (value) => {
      expect(roundTrip(int64, value)).toBe(value);
      expect(bytesOf(int64, value).readBigInt64BE()).toBe(BigInt(value));
    },
  );

  it('refuses a 64-bit number that is not exact in JavaScript', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(2n ** 53n);
    expect(() => int64.read(new Reader(bytes), 0)).toThrow(MalformedRequest);
  });

  it('tells null from empty', () => {
    expect(roundTrip(nullableString, null)).toBeNull();
    expect(roundTrip(nullableString, '')).toBe('');
    expect(roundTrip(nullableString, 'però')).toBe('però');
    expect(() => string.read(new Reader(bytesOf(nullableString, null)), 0)).toThrow(MalformedRequest);
  });

  const message = struct({ always: int16, later: since(2, int32, 7), earlier: until(1, string) });

  it('leaves out the fields that a version lacks, and reads them as absent', () => {
    const value = { always: 1, later: 2, earlier: 'x' };
    expect(bytesOf(message, value, 1)).toHaveLength(2 + 3);
    expect(roundTrip(message, value, 1)).toEqual({ always: 1, later: 7, earlier: 'x' });
    expect(roundTrip(message, value, 2)).toEqual({ always: 1, later: 2, earlier: '' });
  });

  it('refuses an array that claims more elements than there are bytes', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(2 ** 30);
    expect(() => array(int16).read(new Reader(bytes), 0)).toThrow(MalformedRequest);
  });

  it('refuses a request whose arrays together are too long, though each is not', () => {
    const half = Array.from({ length: limits.requestElements / 2 }, () => 1);
    const both = struct({ first: array(int8), second: array(int8) });
    expect(roundTrip(both, { first: half, second: half }).second).toHaveLength(half.length);
    expect(() => roundTrip(both, { first: half, second: [...half, 1] })).toThrow(MalformedRequest);
  });

  it('refuses a text that is not UTF-8, and cuts one that is longer than can be said', () => {
    expect(() => string.read(new Reader(Buffer.of(0, 2, 0xc3, 0x28)), 0)).toThrow('not UTF-8');
    const writer = new Writer();
    string.write(writer, '€'.repeat(20_000), 0);
    const read = string.read(new Reader(Buffer.concat(writer.frame(0).slice(1))), 0);
    expect(read).toBe('€'.repeat(10_922));
  });

  it('refuses a text that reaches past the end', () => {
    expect(() => string.read(new Reader(Buffer.from([0, 9, 65])), 0)).toThrow(MalformedRequest);
  });

  it('frames a message with its length and the request it answers, and does not copy large bytes', () => {
    const writer = new Writer();
    const large = Buffer.alloc(5_000, 1);
    writer.int16(3);
    writer.bytes(large);
    writer.utf8('z'.repeat(10_000), 10_000);
    const frame = writer.frame(42);
    expect(frame).toContain(large);
    const all = Buffer.concat(frame);
    expect(all.readInt32BE(0)).toBe(all.length - 4);
    expect(all.readInt32BE(4)).toBe(42);
    expect(all.subarray(8)).toEqual(
      Buffer.concat([Buffer.from([0, 3]), large, Buffer.from('z'.repeat(10_000))]),
    );
  });
});

const everyApi: Api[] = [cluster, data, group, topic].flatMap((family) => Object.values(family) as Api[]);

describe.each(everyApi.map((api) => [api.name, api] as const))('%s', (_, api) => {
  it('reads in every version what it writes, and leaves nothing over', () => {
    for (let version = api.versions[0]; version <= api.versions[1]; version++) {
      for (const type of [api.request, api.response]) {
        const bytes = bytesOf(type, type.absent, version);
        const reader = new Reader(bytes);
        expect(bytesOf(type, type.read(reader, version), version)).toEqual(bytes);
        expect(reader.remaining).toBe(0);
      }
    }
  });
});
