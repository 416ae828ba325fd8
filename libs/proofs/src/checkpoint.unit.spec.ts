import { formatCheckpoint, parseCheckpoint, parseSize, type Checkpoint } from './checkpoint.js';

/** The checkpoint that C2SP tlog-checkpoint shows. */
const shown = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const checkpoint: Checkpoint = {
  origin: 'example.com/behind-the-sofa',
  size: 20_852_163n,
  root: Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64'),
  extensions: [],
};

const malformed = expect.objectContaining({ name: 'Malformed' }) as Error;

describe('a checkpoint', () => {
  it('is read and written as C2SP shows', () => {
    expect(parseCheckpoint(shown)).toEqual(checkpoint);
    expect(formatCheckpoint(checkpoint)).toBe(shown);
  });

  it('keeps extension lines as they are', () => {
    const text = `${shown}some thing \n  indented\n— a dash\n`;
    expect(parseCheckpoint(text).extensions).toEqual(['some thing ', '  indented', '— a dash']);
    expect(formatCheckpoint(parseCheckpoint(text))).toBe(text);
  });

  it.each(['0', '1', '10', '9223372036854775807'])('takes %s leaves', (size) => {
    expect(parseCheckpoint(shown.replace('20852163', size)).size).toBe(BigInt(size));
  });

  it.each([
    ['nothing', ''],
    ['no origin', shown.slice(shown.indexOf('\n'))],
    ['two lines', 'example.com/behind-the-sofa\n20852163\n'],
    ['no line feed at the end', shown.slice(0, -1)],
    ['an empty line at the end', `${shown}\n`],
    ['an empty line among the extensions', `${shown}a\n\nb\n`],
    ['leading zeroes', shown.replace('20852163', '020852163')],
    ['two zeroes', shown.replace('20852163', '00')],
    ['a sign', shown.replace('20852163', '+20852163')],
    ['a space', shown.replace('20852163', '20852163 ')],
    ['a size in hex', shown.replace('20852163', '0x13e2d83')],
    ['no size', shown.replace('20852163', '')],
    ['a size of 2^63', shown.replace('20852163', '9223372036854775808')],
    ['a short root', shown.replace('CsUYapGGPo4d', 'CsUYapGG')],
    ['a root without padding', shown.replace('2I=', '2I')],
    ['a root with bits beyond its end', shown.replace('2I=', '2J=')],
    ['a root for the web', shown.replace('om/Xa', 'om_Xa')],
    ['a carriage return', shown.replaceAll('\n', '\r\n')],
    ['too many lines', shown + 'a\n'.repeat(1_001)],
  ])('with %s is refused', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(malformed);
  });

  it.each<[string, Partial<Checkpoint>]>([
    ['no origin', { origin: '' }],
    ['two lines of origin', { origin: 'a\nb' }],
    ['a negative size', { size: -1n }],
    ['a root of 31 bytes', { root: Buffer.alloc(31) }],
    ['an empty extension', { extensions: [''] }],
    ['two lines in one extension', { extensions: ['a\nb'] }],
  ])('with %s is not written', (_, part) => {
    expect(() => formatCheckpoint({ ...checkpoint, ...part })).toThrow(malformed);
  });
});

describe('parseSize', () => {
  it('names what it refuses', () => {
    expect(() => parseSize('1e3')).toThrow('"1e3" is not the size of a tree');
  });
});
