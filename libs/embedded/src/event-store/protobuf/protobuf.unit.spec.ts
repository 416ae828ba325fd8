import { createRequire } from 'node:module';
import fc from 'fast-check';
import { decode, MalformedMessage } from './decode.js';
import { encode } from './encode.js';
import { message } from './tables.js';

const inner = message({ name: [1, 'string'], number: [2, 'uint64'] });
const outer = message({
  number: [1, 'uint64'],
  signed: [2, 'int64'],
  flag: [3, 'bool'],
  text: [4, 'string'],
  bytes: [5, 'bytes'],
  present: [6, 'empty'],
  inner: [7, inner],
  inners: [8, [inner]],
  texts: [20, ['string']],
});

const innerValues = fc.record({ name: fc.string({ unit: 'grapheme' }), number: fc.maxSafeNat() });
const outerValues = fc.record(
  {
    number: fc.maxSafeNat(),
    signed: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    flag: fc.boolean(),
    text: fc.string({ unit: 'grapheme' }),
    bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    present: fc.constant(true as const),
    inner: innerValues,
    inners: fc.array(innerValues, { minLength: 1 }),
    texts: fc.array(fc.string(), { minLength: 1 }),
  },
  { requiredKeys: [] },
);

describe('the protobuf codec', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(outerValues, (values) => {
        expect(decode(outer, encode(outer, values))).toEqual(values);
      }),
    );
  });

  it('never fails but in one way, and never reads beyond its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decode(outer, Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused a message that is cut anywhere but between fields', () => {
    const bytes = encode(outer, { number: 300, text: 'text', inner: { name: 'inner' } });
    const cuts = Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length));
    const accepted = cuts.filter((cut) => {
      try {
        decode(outer, cut);
        return true;
      } catch {
        return false;
      }
    });
    expect(accepted.map(({ length }) => length)).toEqual([0, 3, 9]);
  });

  it('skips fields that it does not know, of every wire type', () => {
    const unknown = Buffer.from([
      ...[0xf8, 0x01, 0x96, 0x01],
      ...[0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0xfa, 0x01, 2, 9, 9],
      ...[0xfd, 0x01, 1, 2, 3, 4],
    ]);
    const known = encode(outer, { text: 'known' });
    expect(decode(outer, Buffer.concat([unknown, known, unknown]))).toEqual({ text: 'known' });
  });

  it('writes zero, which matters in a choice of fields, and numbers beyond the safe integers', () => {
    expect([...encode(outer, { number: 0 })]).toEqual([8, 0]);
    const huge = encode(outer, { number: 2n ** 64n - 1n });
    expect(huge).toHaveLength(11);
    expect(decode(outer, huge)).toEqual({ number: Number.MAX_SAFE_INTEGER });
  });

  it('leaves room for a prefix', () => {
    expect(encode(outer, { number: 1 }, 5)).toHaveLength(7);
  });

  it('agrees with the official implementation', () => {
    const require = createRequire(import.meta.url);
    const client = createRequire(require.resolve('@eventstore/db-client'));
    const { ReadReq } = client('../generated/streams_pb.js') as {
      ReadReq: {
        deserializeBinary(bytes: Uint8Array): { toObject(): unknown; serializeBinary(): Uint8Array };
      };
    };
    const position = message({ commit: [1, 'uint64'], prepare: [2, 'uint64'] });
    const request = message({
      options: [1, message({ all: [2, message({ position: [1, position] })], count: [5, 'uint64'] })],
    });
    const values = { options: { all: { position: { commit: 2 ** 40, prepare: 0 } }, count: 4_096 } };
    const official = ReadReq.deserializeBinary(encode(request, values));
    expect(official.toObject()).toMatchObject({
      options: { all: { position: { commitPosition: `${2 ** 40}`, preparePosition: '0' } }, count: '4096' },
    });
    expect(decode(request, Buffer.from(official.serializeBinary()))).toMatchObject({
      options: { count: 4_096 },
    });
  });
});
