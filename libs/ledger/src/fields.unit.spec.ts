import { LedgerCorrupt } from './corrupt.js';
import { count, requireFields, revision } from './fields.js';

const malformed = (message: string) => new LedgerCorrupt('event_malformed', message);

describe('a count', () => {
  it('is a whole number from zero', () => {
    for (const value of [0, 1, Number.MAX_SAFE_INTEGER]) expect(count.decode(value, 'scale')).toBe(value);
    expect(revision.decode(5, 'revision')).toBe(5n);
    expect(revision.encode(5n)).toBe(5);
  });

  it.each([-1, 0.5, 2 ** 53, '1', 1n, null, undefined])('is not %p', (value) => {
    expect(() => count.decode(value, 'scale')).toThrow(malformed('scale is not a whole number from zero'));
    expect(() => revision.decode(value, 'revision')).toThrow(LedgerCorrupt);
  });
});

describe('the fields of an object', () => {
  it('are those named, no more and no fewer', () => {
    const value = { a: 1, b: undefined };
    expect(requireFields(value, ['a', 'b'])).toBe(value);
    expect(() => requireFields(value, ['a', 'c'])).toThrow(malformed('data: c is missing'));
    expect(() => requireFields(value, ['a'], 'metadata')).toThrow(
      malformed('metadata: b is not a known field'),
    );
    expect(() => requireFields({}, ['toString'])).toThrow(malformed('data: toString is missing'));
  });

  it.each([null, undefined, 'a', 1, ['a']])('are not had of %p', (value) => {
    expect(() => requireFields(value, [])).toThrow(malformed('data: not an object'));
  });
});
