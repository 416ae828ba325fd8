import type { PeriodClosed } from '@florin/ledger';
import { formatAmount } from '../table.js';
import type { BookReport } from './report.js';

/** What a report says beside what it saw in the book itself. */
export interface ReportGround {
  readonly currency: string;
  /** Minor digits of a currency, or of an asset issued in the book. */
  readonly exponentOf: (currency: string) => number;
  /** Hash of the last event of the period. */
  readonly headHash: string;
  /** Told where the book is wrong; the report then ends before it. */
  readonly finding: { readonly revision: bigint; readonly code: string; readonly detail: string } | undefined;
  /** The event that closed the month, wherever it lies. */
  readonly closed: (PeriodClosed & { readonly revision: bigint }) | undefined;
  /** The first checkpoint that covers the period, and the SHA-256 of its text. */
  readonly checkpoint: { readonly note: string; readonly fingerprint: string } | undefined;
}

/** A report as one page to be read and printed: no script, nothing to load. */
export function reportPage(report: BookReport, ground: ReportGround): string {
  const { ledger, period, lastRevision } = report;
  const money = (minor: bigint, currency: string): string =>
    formatAmount(minor, ground.exponentOf(currency), currency);
  const title = `${ledger}, ${period.label}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${style}</style></head><body>
<h1>${escaped(title)}</h1>
<p>What was recorded from ${time(period.from)} until before ${time(period.to)}, up to revision ${lastRevision}.
${verdict(ground)}</p>
<h2>Trial balance at the end</h2>${trialBalanceTable(report, money)}
<h2>Classes of accounts</h2>${table(
    ['currency', 'class', 'opening', 'debits', 'credits', 'closing'],
    report.classes.map((row) => [
      ...[row.currency, row.class, money(row.opening, row.currency), money(row.debits, row.currency)],
      ...[money(row.credits, row.currency), money(row.closing, row.currency)],
    ]),
  )}
<h2>Entries</h2>${table(
    ['kind', 'entries', 'moved'],
    report.kinds.map((row) => [row.kind, String(row.entries), money(row.moved, row.currency)]),
  )}
<p>${report.accountsOpened} accounts were opened.</p>
<h2>Refusals</h2>${table(
    ['reason', 'count'],
    report.refusals.map(({ code, count }) => [code, String(count)]),
  )}
<h2>Exceptions</h2>
<p>What somebody asked for by hand, reversals, and entries that count before the period.</p>${table(
    ['revision', 'recorded', 'what', 'reference'],
    report.exceptions.map((one) => [String(one.revision), time(one.recordedAt), one.what, one.reference]),
  )}${report.furtherExceptions > 0 ? `<p>And ${report.furtherExceptions} more.</p>` : ''}
<h2>Close</h2>${closeSection(ground, money)}
<h2>Proof</h2>${proofSection(ground)}
</body></html>
`;
}

type Money = (minor: bigint, currency: string) => string;

function verdict({ finding, headHash }: ReportGround): string {
  if (finding === undefined) {
    return `Every event up to there was verified: chain, balance of every entry, floors, holds and ids. Head <code>${headHash}</code>.`;
  }
  const { code, detail, revision } = finding;
  return `<strong>Revision ${revision} is wrong (${code}): ${escaped(detail)}. Nothing after it is in this report.</strong>`;
}

function trialBalanceTable({ trialBalance }: BookReport, money: Money): string {
  const { currency, byChart, debits, credits, difference } = trialBalance;
  const rows = byChart.map((row) => [
    ...[row.chart, row.class, String(row.accounts)],
    ...[money(row.debits, currency), money(row.credits, currency)],
  ]);
  const total = [
    'total',
    '',
    String(trialBalance.accounts),
    money(debits, currency),
    money(credits, currency),
  ];
  return (
    table(['chart', 'class', 'accounts', 'debits', 'credits'], [...rows, total]) +
    `<p>Difference ${money(difference, currency)}.</p>`
  );
}

function closeSection({ closed }: ReportGround, money: Money): string {
  if (closed === undefined) return '<p>The month is not closed.</p>';
  const { entries, from, reference, revision, totals, until } = closed;
  return (
    `<p>Closed at revision ${revision} (${escaped(reference)}): ${entries} entries that count from ${time(from)} until before ${time(until)}.</p>` +
    table(
      ['currency', 'class', 'debits', 'credits'],
      totals.map((row) => [
        ...[row.currency, row.class, money(row.debits, row.currency), money(row.credits, row.currency)],
      ]),
    )
  );
}

function proofSection({ checkpoint }: ReportGround): string {
  if (checkpoint === undefined) return '<p>No signed head covers the period yet.</p>';
  return (
    `<p>The first signed head that covers the period; its text has the SHA-256 <code>${checkpoint.fingerprint}</code>. ` +
    `<code>npm run audit -- checkpoints --key …</code> holds it against the book.</p><pre>${escaped(checkpoint.note)}</pre>`
  );
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  return `<table><thead><tr>${cells('th', columns)}</tr></thead><tbody>${body}</tbody></table>`;
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}

const style = `
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #eee; }
td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; } code, pre { font: 12px ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
@media print { body { margin: 0; max-width: none; } h2, tr { break-inside: avoid; } }`;
