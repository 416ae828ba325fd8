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
});
