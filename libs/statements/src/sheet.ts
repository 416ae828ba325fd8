import PDFDocument from 'pdfkit';
import { encode } from 'uqr';
import { ink, page } from './page.js';

type Font = 'Helvetica' | 'Helvetica-Bold' | 'Courier';

export interface TextStyle {
  readonly font?: Font;
  readonly size?: number;
  readonly color?: string;
  /** `x` is where the text ends instead of where it begins. */
  readonly right?: boolean;
  /** In points: what is longer is cut, with an ellipsis. */
  readonly width?: number;
}

export interface SheetInfo {
  readonly title: string;
  /** BCP 47. */
  readonly language: string;
  /** In ms since the epoch. */
  readonly created: number;
}

/** A PDF that is drawn page by page. The same strokes give the same bytes: nothing in it comes from a clock or from chance. */
export class Sheet {
  readonly #pdf: PDFKit.PDFDocument;
  readonly #whole: Promise<Buffer>;

  constructor({ created, language, title }: SheetInfo) {
    this.#pdf = new PDFDocument({
      size: [page.width, page.height],
      margin: 0,
      autoFirstPage: false,
      lang: language,
      displayTitle: true,
      info: { Title: title, Producer: 'Florin', Creator: 'Florin', CreationDate: new Date(created) },
    });
    const chunks: Buffer[] = [];
    this.#whole = new Promise((resolve, reject) => {
      this.#pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
      this.#pdf.on('end', () => resolve(Buffer.concat(chunks)));
      this.#pdf.on('error', reject);
    });
  }

  nextPage(): void {
    this.#pdf.addPage();
  }

  /** One line of text; what Helvetica cannot write (it knows Latin-1 and a few signs more) becomes a question mark. */
  text(text: string, x: number, y: number, style: TextStyle = {}): void {
    const { font = 'Helvetica', size = 9, color = ink.text, right = false, width } = style;
    this.#pdf.font(font).fontSize(size).fillColor(color);
    const written = this.#cut(printable(text), width);
    const start = right ? x - this.#pdf.widthOfString(written) : x;
    this.#pdf.text(written, start, y, { lineBreak: false });
  }

  /** Text in as many lines as it needs within `width`. */
  paragraph(text: string, x: number, y: number, width: number): void {
    this.#pdf.font('Helvetica').fontSize(8).fillColor(ink.text);
    this.#pdf.text(printable(text), x, y, { width, lineGap: 1.5 });
  }

  rule(y: number, color: string = ink.rule): void {
    this.#pdf.moveTo(page.left, y).lineTo(page.right, y).lineWidth(0.5).strokeColor(color).stroke();
  }

  /** A QR code of level M, `side` points wide. */
  qr(content: string, x: number, y: number, side: number): void {
    const { data, size } = encode(content, { ecc: 'M', border: 0 });
    const dot = side / size;
    data.forEach((row, j) => {
      for (let i = 0; i < size; i += 1) {
        if (!row[i]) continue;
        const begin = i;
        while (row[i + 1]) i += 1;
        this.#pdf.rect(x + begin * dot, y + j * dot, (i - begin + 1) * dot, dot);
      }
    });
    this.#pdf.fillColor('#000000').fill();
  }

  /** The whole document; nothing can be drawn from here on. */
  finish(): Promise<Buffer> {
    this.#pdf.end();
    return this.#whole;
  }

  #cut(text: string, width: number | undefined): string {
    if (width === undefined || this.#pdf.widthOfString(text) <= width) return text;
    let kept = text;
    while (kept.length > 1 && this.#pdf.widthOfString(`${kept}…`) > width) kept = kept.slice(0, -1);
    return `${kept}…`;
  }
}

function printable(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e\u00a0-\u00ac\u00ae-\u00ff€–—‘’“”•…]/gu, '?');
}
