import { datesIn } from './dates.js';
import { decimalOf } from './decimal.js';
import { ink, page } from './page.js';
import type { Sheet } from './sheet.js';
import { statementTime, type Statement, type StatementLine } from './statement.js';
import { wordsOf, type StatementLanguage, type Words } from './words.js';

/** Lines of one printed statement at most: about 200 pages, which take a second. */
export const maxPrintedLines = 5_000;

const rowHeight = 24;
const columns = {
  booked: page.left,
  value: 112,
  description: 176,
  amount: 456,
  balance: page.right,
} as const;
const descriptionWidth = 200;
/** Where the table begins on the first page, and on those after it. */
const tableTop = { first: 226, later: 92 } as const;
const proofHeight = 128;

/** What the parts of one statement are drawn with. */
interface Press {
  readonly statement: Statement;
  readonly words: Words;
  readonly sheet: Sheet;
  readonly day: (ms: number) => string;
  readonly money: (minor: bigint) => string;
}

/**
 * A statement as a PDF (A4) that a person keeps: running balance, page numbers, the checkpoint's fingerprint, a QR code that leads
 * to the proof. The account is shown by the last eight characters of its id. The same statement gives the same bytes. Throws `RangeError`
 * beyond `maxPrintedLines`. Between pages others get their turn.
 */
export async function statementPdf(statement: Statement, language: StatementLanguage): Promise<Buffer> {
  const { currency, lines, period } = statement;
  if (lines.length > maxPrintedLines) throw new RangeError(`more than ${maxPrintedLines} lines`);
  // Only now: a service that prints nothing does without.
  const { Sheet } = await import('./sheet.js');
  const words = wordsOf[language];
  const dates = datesIn(period.timeZone);
  const title = `Florin - ${words.title} ${period.label}`;
  const press: Press = {
    statement,
    words,
    sheet: new Sheet({ title, language, created: statementTime(statement) }),
    day: (ms) => words.day(dates.day(ms)),
    money: (minor) => `${moneyOf(minor, statement.exponent, words)} ${currency}`,
  };
  const pages = paginate(lines);
  for (const [i, rows] of pages.entries()) {
    press.sheet.nextPage();
    const top = i === 0 ? firstHead(press) : laterHead(press);
    const end = drawTable(press, rows, top);
    if (i === pages.length - 1) drawEnd(press, end);
    drawFoot(press, i + 1, pages.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return press.sheet.finish();
}

/** Which lines stand on which page; the last page has room for the end of the statement too. */
function paginate(lines: readonly StatementLine[]): StatementLine[][] {
  const fits = (top: number, reserved: number): number =>
    Math.floor((page.bottom - 8 - reserved - top) / rowHeight);
  const pages: StatementLine[][] = [];
  let next = 0;
  for (;;) {
    const top = pages.length === 0 ? tableTop.first : tableTop.later;
    const left = lines.length - next;
    if (left <= fits(top, proofHeight + 2 * rowHeight)) {
      pages.push(lines.slice(next));
      return pages;
    }
    const taken = Math.min(left, fits(top, 0));
    pages.push(lines.slice(next, next + taken));
    next += taken;
  }
}

function firstHead({ day, money, sheet, statement, words }: Press): number {
  const { account, closing, credits, debits, ledger, opening, period, provisional } = statement;
  sheet.text('Florin', page.left, 48, { font: 'Helvetica-Bold', size: 20, color: ink.mark });
  sheet.text(words.title, page.right, 50, { font: 'Helvetica-Bold', size: 16, right: true });
  if (provisional !== undefined) {
    sheet.text(words.provisional(provisional.revision), page.right, 72, { color: ink.warn, right: true });
  }
  const facts: [string, string][] = [
    [words.period, `${day(period.from)} – ${day(period.to - 1)}`],
    [words.account, `…${account.slice(-8)}`],
    [words.ledger, ledger],
    [words.timeZone, period.timeZone],
  ];
  const sums: [string, string][] = [
    [words.opening, money(opening)],
    [words.credits(String(credits.count)), money(credits.sum)],
    [words.debits(String(debits.count)), money(-debits.sum)],
    [closingWord(statement, words), money(closing)],
  ];
  facts.forEach(([name, fact], i) => {
    sheet.text(name, page.left, 104 + i * 18, { color: ink.faint });
    sheet.text(fact, 128, 104 + i * 18, { width: 180 });
  });
  sums.forEach(([name, sum], i) => {
    const font = i === sums.length - 1 ? 'Helvetica-Bold' : 'Helvetica';
    sheet.text(name, 330, 104 + i * 18, { color: ink.faint });
    sheet.text(sum, page.right, 104 + i * 18, { font, right: true });
  });
  return tableTop.first;
}

function laterHead({ day, sheet, statement, words }: Press): number {
  const { account, period } = statement;
  sheet.text('Florin', page.left, 48, { font: 'Helvetica-Bold', size: 12, color: ink.mark });
  const parts = [words.title, `…${account.slice(-8)}`, `${day(period.from)} – ${day(period.to - 1)}`];
  sheet.text(parts.join(' • '), page.right, 51, { color: ink.faint, right: true });
  return tableTop.later;
}

/** Draws rows under their titles; answers where they end. */
function drawTable(press: Press, rows: readonly StatementLine[], top: number): number {
  const { sheet, words } = press;
  const title = { font: 'Helvetica-Bold', size: 8, color: ink.faint } as const;
  sheet.text(words.booked, columns.booked, top - 16, title);
  sheet.text(words.value, columns.value, top - 16, title);
  sheet.text(words.description, columns.description, top - 16, title);
  sheet.text(words.amount, columns.amount, top - 16, { ...title, right: true });
  sheet.text(words.balance, columns.balance, top - 16, { ...title, right: true });
  sheet.rule(top - 3, ink.faint);
  rows.forEach((line, i) => drawLine(press, line, top + i * rowHeight));
  return top + rows.length * rowHeight;
}

function drawLine({ day, sheet, statement, words }: Press, line: StatementLine, y: number): void {
  const { balance, change, effectiveAt, kind, recordedAt, reference, revision } = line;
  const name = words.kinds[kind]?.[change < 0n ? 'out' : 'in'] ?? kind;
  const amount = moneyOf(change, statement.exponent, words);
  sheet.text(day(recordedAt), columns.booked, y + 2);
  sheet.text(day(effectiveAt), columns.value, y + 2, { color: ink.faint });
  sheet.text(name, columns.description, y + 2, { width: descriptionWidth });
  sheet.text([`#${revision}`, reference].join('  '), columns.description, y + 13, {
    size: 6.5,
    color: ink.faint,
    width: descriptionWidth,
  });
  sheet.text(change > 0n ? `+${amount}` : amount, columns.amount, y + 2, {
    right: true,
    color: change > 0n ? ink.mark : ink.text,
  });
  sheet.text(moneyOf(balance, statement.exponent, words), columns.balance, y + 2, { right: true });
  sheet.rule(y + rowHeight - 3);
}

function drawEnd(press: Press, y: number): void {
  const { money, sheet, statement, words } = press;
  if (statement.lines.length === 0)
    sheet.text(words.noLines, columns.description, y + 2, { color: ink.faint });
  const bold = { font: 'Helvetica-Bold' } as const;
  const at = statement.lines.length === 0 ? y + rowHeight : y;
  sheet.text(closingWord(statement, words), columns.description, at + 4, bold);
  sheet.text(money(statement.closing), columns.balance, at + 4, { ...bold, right: true });
  drawProof(press, at + rowHeight + 16);
}

/** The fingerprint of the checkpoint and the way to the proof. */
function drawProof({ sheet, statement, words }: Press, y: number): void {
  const { checkpoint, proofUrl } = statement;
  const left = proofUrl === undefined ? page.left : page.left + 104;
  if (proofUrl !== undefined) sheet.qr(proofUrl, page.left, y, 88);
  sheet.text(words.proofTitle, left, y, { font: 'Helvetica-Bold' });
  if (checkpoint === undefined) {
    sheet.paragraph(words.noProof, left, y + 15, page.right - left);
    return;
  }
  sheet.paragraph(words.proof, left, y + 15, page.right - left);
  sheet.text(words.checkpoint, left, y + 54, { size: 7, color: ink.faint });
  const groups = checkpoint.fingerprint.match(/.{1,8}/g) ?? [];
  sheet.text(groups.slice(0, 4).join(' '), left, y + 65, { font: 'Courier', size: 8.5 });
  sheet.text(groups.slice(4).join(' '), left, y + 77, { font: 'Courier', size: 8.5 });
}

function drawFoot({ sheet, statement, words }: Press, number: number, of: number): void {
  const faint = { size: 7, color: ink.faint } as const;
  sheet.rule(page.bottom);
  sheet.text(`${statement.ledger} • ${statement.period.label}`, page.left, page.bottom + 8, faint);
  sheet.text(words.page(number, of), page.right, page.bottom + 8, { ...faint, right: true });
}

function closingWord({ provisional }: Statement, words: Words): string {
  return provisional === undefined ? words.closing : words.balanceSoFar;
}

/** An amount for people, as their language writes it. */
function moneyOf(minor: bigint, exponent: number, { separators: [thousands, decimal] }: Words): string {
  const [whole = '', fraction] = decimalOf(minor, exponent).split('.');
  const grouped = whole.replaceAll(/(?<=\d)(?=(\d{3})+$)/g, thousands);
  return fraction === undefined ? grouped : `${grouped}${decimal}${fraction}`;
}
