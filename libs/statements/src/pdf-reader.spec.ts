import { inflateSync } from 'node:zlib';

/** The texts on each page of a PDF of ours, in the order in which they were drawn. */
export function pdfPages(pdf: Buffer): string[][] {
  const contents = pdf.toString('latin1').matchAll(/\/Filter \/FlateDecode\n>>\nstream\n([^]*?)\nendstream/g);
  return [...contents]
    .map(([, stream = '']) => inflateSync(Buffer.from(stream, 'latin1')).toString('latin1'))
    .filter((content) => content.includes(' Tf'))
    .map((content) => [...content.matchAll(/\[([^\]]*)\] TJ/g)].map(([, pieces = '']) => textOf(pieces)));
}

/** What the PDF's encoding (Windows-1252) has where Latin-1 has controls, as far as our words need it. */
const windows: Readonly<Record<number, string>> = { 0x85: '…', 0x92: '’', 0x95: '•', 0x96: '–' };

function textOf(pieces: string): string {
  const hex = [...pieces.matchAll(/<([0-9a-f]*)>/g)].map(([, digits = '']) => digits).join('');
  const latin = Buffer.from(hex, 'hex').toString('latin1');
  return latin.replaceAll(/[\u0080-\u009f]/g, (sign) => windows[sign.charCodeAt(0)] ?? sign);
}

/** The rows of the table on a page: amount and balance as minor units. */
export function pdfRows(texts: readonly string[], exponent: number): { change: bigint; balance: bigint }[] {
  return texts.flatMap((text, i) => {
    if (!/^#\d+ /.test(text)) return [];
    return [
      { change: minorOf(texts[i + 1] ?? '', exponent), balance: minorOf(texts[i + 2] ?? '', exponent) },
    ];
  });
}

/** The amount that stands right after the last text `title`. */
export function pdfAmount(texts: readonly string[], title: string, exponent: number): bigint {
  return minorOf((texts[texts.lastIndexOf(title) + 1] ?? '').replace(/ [A-Z]{3}$/, ''), exponent);
}

/** `1,234.56` as minor units. */
function minorOf(text: string, exponent: number): bigint {
  if (!/^[+-]?\d{1,3}(,\d{3})*(\.\d+)?$/.test(text)) throw new Error(`"${text}" is not an amount`);
  const [whole = '', fraction = ''] = text.replaceAll(/[,+]/g, '').split('.');
  if (fraction.length !== exponent) throw new Error(`"${text}" has not ${exponent} decimals`);
  return BigInt(whole + fraction);
}
