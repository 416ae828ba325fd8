import fc from 'fast-check';
import { canonicalJson } from './canonical.js';

describe('canonicalJson', () => {
  it('orders keys at every depth by their UTF-16 units', () => {
    // The keys of the example in RFC 8785, 3.2.3.
    const value = {
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\ud83d\ude00': 5,
      '\u0080': 6,
      '\u00f6': { b: [], a: {} },
    };
    expect(canonicalJson(value)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":{"a":{},"b":[]},"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
  });

  it('escapes what JSON must escape and nothing else', () => {
    expect(canonicalJson('€$\u000f\nA\'B"\\"/')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\"/"');
  });

  it('writes integers, the literals and lists', () => {
    expect(canonicalJson([9007199254740991, -1, 0, -0, null, true, false, 'a'])).toBe(
      '[9007199254740991,-1,0,0,null,true,false,"a"]',
    );
  });

  it.each([0.5, 2 ** 53, Number.NaN, Infinity, undefined, 1n, '\ud800', { a: undefined }])(
    'has no form for %p',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );

  it('is of what a value holds, whatever the value would rather say of itself', () => {
    const masked = Object.assign(Object.create({ toJSON: () => 'a mask' }) as object, { a: 1 });
    expect(canonicalJson([masked])).toBe('[{"a":1}]');
  });

  it('orders keys that look like numbers as texts', () => {
    expect(canonicalJson({ 10: 1, 9: 2, 1: 3, a: 4 })).toBe('{"1":3,"10":1,"9":2,"a":4}');
    expect(canonicalJson({ 1: 1, 2: 2, a: 3 })).toBe('{"1":1,"2":2,"a":3}');
    expect(canonicalJson({ '': 1, '!': 2, 0: 3 })).toBe('{"":1,"!":2,"0":3}');
  });

  it('is the same text whatever order the keys were written in', () => {
    const leaf = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.string(), fc.nat(20).map(String)), tie('value'), { maxKeys: 5 }),
      ),
    }));
    const turned = (inner: unknown): unknown => {
      if (Array.isArray(inner)) return inner.map(turned);
      if (typeof inner !== 'object' || inner === null) return inner;
      return Object.fromEntries(
        Object.entries(inner)
          .reverse()
          .map(([key, of]) => [key, turned(of)]),
      );
    };
    fc.assert(
      fc.property(value, (any) => {
        const text = canonicalJson(any);
        expect(canonicalJson(turned(any))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it.each([{ '\ud800': 1 }, [undefined], new Array(1), { toJSON: () => 1 }])(
    'has no form for %p, either',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );
});
