import { visibleText } from './text.js';

const line = visibleText(80);
const lines = visibleText(80, { min: 0, lines: true });
const messages = (text: string, schema = line): string[] =>
  schema.safeParse(text).error?.issues.map(({ message }) => message) ?? [];

describe('a text that others see', () => {
  it.each([
    'La pizza di ieri: 12,50 €!',
    'São João do Açaí',
    'अनन्या क्\u200Dष',
    'مقهى السلام',
    'מסעדה',
    '日本料理',
    'e\u0301',
    'ก็ ที่ ตั้ง',
    `z${'\u0301'.repeat(8)}`,
    '⠏⠊⠵⠵⠁⠀⠃⠊⠗⠗⠁',
    '👨‍👩‍👧 👩🏽‍🚀 🏳️‍🌈 🏴‍☠️ ❤️‍🔥 🧔🏻‍♂️ 1️⃣ ☎︎ 🇮🇹',
    '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}',
  ])('is kept as it is: %s', (text) => {
    expect(line.parse(text)).toBe(text);
  });

  it.each([
    ...['200B', '200C', '200D', '200E', '200F', '202A', '202B', '202C', '202D', '202E'],
    ...[
      '2066',
      '2067',
      '2068',
      '2069',
      'FEFF',
      '061C',
      '00AD',
      '2060',
      '3164',
      '115F',
      'FE0F',
      'E0041',
      'FFF9',
      '2800',
      '1D159',
      '16FE4',
    ],
  ])('has no U+%s, wherever it stands', (code) => {
    const character = String.fromCodePoint(parseInt(code, 16));
    const message = 'must not have invisible characters, nor any that turn the direction of writing';
    for (const text of [`an${character}na`, `${character}anna`, `anna${character}`, character]) {
      expect(messages(text)).toEqual([message]);
      expect(messages(text, lines)).toEqual([message]);
    }
  });

  it.each(['E000', 'F8FF', '10FFFD', 'FDD0', 'FFFE', 'FFFF', '1FFFF', 'FFFC', 'D800', 'DFFF'])(
    'has no U+%s, which means nothing to others',
    (code) => {
      const message =
        'must not have characters without a meaning of their own, such as those for private use';
      expect(messages(`an${String.fromCodePoint(parseInt(code, 16))}na`)).toEqual([message]);
    },
  );

  it('has no pile of marks', () => {
    expect(messages(`z${'\u0301'.repeat(9)}`)).toEqual(['must not have more than 8 marks on a letter']);
  });

  it('joins pictures only', () => {
    for (const text of ['👨\u200Da', 'a\u200D👨', '👨\u200D\u200D👩', '👨\u200D', '🏴\u{E0067}']) {
      expect(messages(text)).toHaveLength(1);
    }
  });

  it.each(['\0', '\x07', '\x1b', '\t', '\r', '\x7f', '\x85', '\x9b', '\u2028', '\u2029'])(
    'has no control character %j',
    (character) => {
      expect(messages(`an${character}na`)).toEqual(['must not have control characters, such as line breaks']);
      expect(messages(`an${character}na`, lines)).toEqual([
        'must not have control characters other than line breaks',
      ]);
    },
  );

  it('has line breaks where they make sense', () => {
    expect(messages('pizza\nbirra')).toHaveLength(1);
    expect(lines.parse('\npizza\r\n\nbirra\n')).toBe('pizza\r\n\nbirra');
  });

  it('has its length without the space around it', () => {
    expect(line.parse(`  ${'x'.repeat(80)}\n`)).toHaveLength(80);
    expect(messages('x'.repeat(81))).toEqual(['must have at most 80 characters']);
    expect(messages(' ')).toEqual(['must not be empty']);
    expect(lines.parse(' ')).toBe('');
  });
});
