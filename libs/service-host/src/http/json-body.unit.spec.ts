import { ProblemError } from '../problems.js';
import { parseJson } from './json-body.js';

function refusal(text: string): { type: string; detail: string; errors: unknown } {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof ProblemError) {
      return {
        type: error.problem.type.split('/').at(-1)!,
        detail: error.detail,
        errors: error.extensions['errors'],
      };
    }
    throw error;
  }
  throw new Error(`accepted ${text}`);
}

describe('parseJson', () => {
  it.each([
    ['{"value":9007199254740991}', { value: 9_007_199_254_740_991 }],
    ['{"value":-9007199254740991}', { value: -9_007_199_254_740_991 }],
    ['{"value":0,"list":[1,2]}', { value: 0, list: [1, 2] }],
    // A fraction is what it says: the schema refuses it, in its own words.
    ['{"value":12.5}', { value: 12.5 }],
    ['{"text":"1e30 and 9007199254740993"}', { text: '1e30 and 9007199254740993' }],
    ['{"constructor":"Rossi","prototype":1}', { constructor: 'Rossi', prototype: 1 }],
    [String.raw`{"text":"\ud83c\udf55 \n"}`, { text: '🍕 \n' }],
    ['null', null],
  ])('takes %s as it is', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each(['9007199254740992', '9007199254740993', '-9007199254740993', '1e30', '1e400'])(
    'refuses %s, which is too large to be exact',
    (number) => {
      expect(refusal(`{"amount":{"value":${number}}}`)).toMatchObject({
        type: 'number-too-large',
        errors: [{ pointer: '/amount/value', code: 'number-too-large' }],
      });
    },
  );

  it.each(['1e2', '12.0', '9007199254740991.4', '12.00000000000000000001'])(
    'refuses %s, which a double cannot hold as it is written',
    (number) => {
      expect(refusal(`{"amount":{"value":${number}}}`)).toEqual({
        type: 'invalid-request',
        detail: 'A value in the body cannot be taken exactly.',
        errors: [
          {
            pointer: '/amount/value',
            detail: `${number} must be a whole number written with digits only, at most 9007199254740991 either way`,
          },
        ],
      });
    },
  );

  it('points at every refused number, and escapes the pointers', () => {
    expect(refusal('{"a/b":[1,1e1],"c~d":2.0}').errors).toMatchObject([
      { pointer: '/a~1b/1' },
      { pointer: '/c~0d' },
    ]);
  });

  it('shortens a number of many digits', () => {
    const [error] = refusal(`[${'9'.repeat(1_000)}]`).errors as { detail: string }[];
    expect(error!.detail).toMatch(/^9{40}… must be/);
  });

  it.each([String.raw`La\u0000pizza`, String.raw`\ud83c`, String.raw`\udf55 first`])(
    'refuses the text "%s", which would not be stored as it is',
    (text) => {
      expect(refusal(`{"note":"${text}"}`)).toMatchObject({
        type: 'invalid-request',
        errors: [{ pointer: '/note', detail: 'must be a text of whole Unicode characters without NUL' }],
      });
    },
  );

  it.each([
    String.raw`{"\x":1}`,
    '{"a"',
    '{"a',
    '"',
    ']]',
    '',
    '{',
    '{"a":1,}',
    "{'a':1}",
    'NaN',
    '01',
    '\u0000',
  ])('refuses %j as not JSON', (text) => {
    expect(refusal(text)).toMatchObject({ type: 'malformed-json', detail: 'The body is not valid JSON.' });
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"__proto__":1}]}',
    '{"constructor":{"prototype":{"x":1}}}',
  ])('refuses %s, which would poison a prototype', (text) =>
    expect(refusal(text)).toMatchObject({
      type: 'malformed-json',
      detail: expect.stringContaining('is not allowed'),
    }),
  );

  it.each([
    ['{"amount":1,"amount":100}', 'amount'],
    ['{"amount":{"value":1,"currency":"EUR","value":100}}', 'value'],
    [String.raw`{"amount":1,"\u0061mount":100}`, 'amount'],
    [String.raw`{"a\"b":1,"c":[{"d":2},"x,y"],"a\u0022b":2}`, 'a"b'],
    ['[1,{"a":{},"b":[],"a":{}}]', 'a'],
    ['{ "" : 1 , "" : 2 }', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ])('refuses %s, in which one key hides another', (text, key) =>
    expect(refusal(text)).toMatchObject({
      type: 'duplicate-key',
      detail: `The key "${key}" is twice in one object; send it once.`,
    }),
  );

  it('shortens a long key', () => {
    const key = 'k'.repeat(1_000);
    expect(refusal(`{"${key}":1,"${key}":2}`).detail.length).toBeLessThan(100);
  });

  it.each([
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":["a","a"],"c":["a",{"a":1}],"d":"a"}',
    String.raw`{"a":"\",\"a\":1","b":"\\"}`,
  ])('takes %s, in which no key hides another', (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it.each([33, 1_800, 2_000])(
    'refuses %d objects within each other, also around a refused number',
    (depth) => {
      expect(refusal('{"a":'.repeat(depth) + '1e30' + '}'.repeat(depth))).toMatchObject({
        type: 'malformed-json',
        detail: 'The body is nested too deeply.',
      });
    },
  );

  it('counts brackets outside of texts only', () => {
    expect(parseJson(`["${'['.repeat(100)}", "\\"[[", {"a": [1]}, {"b": [2]}]`)).toHaveLength(4);
  });

  it('answers little, however much is wrong', () => {
    const body = `{"${'k'.repeat(30_000)}":[${Array<string>(7_000).fill('1.0').join(',')}]}`;
    const { errors } = refusal(body) as { errors: { pointer: string }[] };
    expect(errors).toHaveLength(20);
    expect(JSON.stringify(errors).length).toBeLessThan(10_000);
  });

  it('refuses a nesting that would exhaust the stack', () => {
    expect(refusal('['.repeat(32_000) + ']'.repeat(32_000))).toMatchObject({
      type: 'malformed-json',
      detail: 'The body is nested too deeply.',
    });
  });
});
