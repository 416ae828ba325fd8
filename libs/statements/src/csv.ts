import { datesIn } from './dates.js';
import { decimalOf } from './decimal.js';
import type { Statement } from './statement.js';

const columns = [
  'row',
  'revision',
  'entry_id',
  'kind',
  'reference',
  'recorded_at',
  'effective_at',
  'booking_date',
  'value_date',
  'amount',
  'balance',
  'currency',
  'reverses',
] as const;

type Row = Partial<Record<(typeof columns)[number], string>>;

/**
 * A statement as CSV (RFC 4180: CRLF, a header): a row `opening`, one `entry` for every line, a row `closing` (`provisional`
 * while the period is not over). Amounts are decimal numbers in major units; the two balances have no amount, so that the column
 * sums up. Texts that a spreadsheet would take for a formula stand behind an apostrophe.
 */
export function statementCsv(statement: Statement): string {
  const { currency, exponent, period, provisional } = statement;
  const dates = datesIn(period.timeZone);
  const decimal = (minor: bigint): string => decimalOf(minor, exponent);
  const rows: Row[] = [
    { row: 'opening', booking_date: dates.day(period.from), balance: decimal(statement.opening) },
    ...statement.lines.map((line) => ({
      row: 'entry',
      revision: line.revision.toString(),
      entry_id: line.entryId,
      kind: line.kind,
      reference: line.reference,
      recorded_at: new Date(line.recordedAt).toISOString(),
      effective_at: new Date(line.effectiveAt).toISOString(),
      booking_date: dates.day(line.recordedAt),
      value_date: dates.day(line.effectiveAt),
      amount: decimal(line.change),
      balance: decimal(line.balance),
      reverses: line.reverses ?? '',
    })),
    {
      row: provisional === undefined ? 'closing' : 'provisional',
      ...(provisional && { revision: provisional.revision.toString() }),
      booking_date: dates.day(period.to - 1),
      balance: decimal(statement.closing),
    },
  ];
  const texts = rows.map((row) => columns.map((name) => cell({ currency, ...row }[name] ?? '')).join(','));
  return [columns.join(','), ...texts].map((line) => `${line}\r\n`).join('');
}

const number = /^-?[0-9]+(\.[0-9]+)?$/;
/** How formulas begin in spreadsheets, with the white space that they skip. */
const formula = /^[\s\0]*[=+\-@\t\r\n|%＝＋－＠]/;

function cell(text: string): string {
  const safe = formula.test(text) && !number.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
