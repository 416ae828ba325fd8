import fc from 'fast-check';
import { uuidBytes, uuidText } from './uuid.js';

describe('a UUID', () => {
  it('is the same in text, in halves and in bytes', () => {
    fc.assert(
      fc.property(fc.uuid(), (text) => {
        const bytes = uuidBytes({ text: Buffer.from(text) });
        expect(bytes.toString('hex')).toBe(text.replaceAll('-', ''));
        expect(uuidText(bytes).toString()).toBe(text);
        expect(uuidBytes({ text: Buffer.from(text.toUpperCase()) })).toEqual(bytes);
        const halves = {
          mostSignificant: bytes.readBigInt64BE(0),
          leastSignificant: bytes.readBigInt64BE(8),
        };
        expect(uuidBytes({ structured: halves })).toEqual(bytes);
      }),
    );
  });

  it.each([
    '',
    'x',
    '00000000-0000-0000-0000-00000000000',
    '00000000-0000-0000-0000-00000000000g',
    '0'.repeat(36),
  ])('is not "%s"', (text) => {
    expect(() => uuidBytes({ text: Buffer.from(text) })).toThrow('must be a UUID');
  });

  it('must be there', () => {
    expect(() => uuidBytes(undefined)).toThrow('must be a UUID');
  });
});
