import {
  amountToWire,
  balanceOf,
  naturalBalance,
  reservesOf,
  type LedgerEvent,
  type LedgerState,
  type TrialBalance,
} from '@florin/ledger';
import type { Audit } from './audit.js';
import { formatAmount, formatTable } from './table.js';

/** What can be asked of a whole book, or of every one. */
export const questionNames = ['verify', 'replay', 'trial-balance', 'balance', 'entries', 'reserves'] as const;
export type QuestionName = (typeof questionNames)[number];

/** An answer for programs, and the same for people. */
export interface Answer {
  readonly json: object;
  readonly text: string;
}

/** What a command asks of a book. */
export interface Question {
  /** Told of every event, after the book has taken it in. */
  readonly onEvent?: (event: LedgerEvent, state: LedgerState) => void;
  /** `undefined` when the account that is asked for was never opened. */
  readonly answer: (audit: Audit) => Answer | undefined;
}

/** Minor units for people. */
export type Format = (minor: bigint) => string;

/** The question behind each command; `account` is given for those that take one. */
export const questions: Record<QuestionName, (format: Format, account: string) => Question> = {
  verify: (format) => ({ answer: (audit) => verification(audit, format) }),
  replay: (format) => ({ answer: (audit) => balances(audit, format) }),
  'trial-balance': (format) => ({
    answer: ({ ledger, trialBalance, head }) =>
      trialBalanceAnswer(ledger, trialBalance, head.revision, format),
  }),
  balance: (format, account) => ({ answer: (audit) => balance(audit, format, account) }),
  entries,
  reserves: (_format, asset) => ({ answer: ({ state, head }) => reserves(state, asset, head.revision) }),
};

/** How people read amounts of a book. */
export function formatIn(market: { readonly exponent: number; readonly currency: string }): Format {
  return (minor) => formatAmount(minor, market.exponent, market.currency);
}

function verification(audit: Audit, format: Format): Answer {
  const { entries: posted, events, refusals, head, finding } = audit;
  const { difference } = audit.trialBalance;
  const verified = finding === undefined && difference === 0n;
  const text =
    `${audit.ledger}: ${verified ? 'verified' : 'NOT verified'}\n` +
    `  events         ${events}\n` +
    `  entries        ${posted}\n` +
    `  refusals       ${refusals}\n` +
    `  accounts       ${audit.state.accounts.size}\n` +
    `  trial balance  ${format(difference)}\n` +
    `  head           ${audit.ledger}:${head.revision}:${head.hash}\n`;
  return { json: { verified, entries: posted, events, trialBalance: amountToWire(difference) }, text };
}

function balances(audit: Audit, format: Format): Answer {
  const accounts = [...audit.state.accounts.values()].map(({ account, debitBalance }) => ({
    ...account,
    balance: naturalBalance(account.class, debitBalance),
  }));
  const rows = accounts.map(({ id, chart, class: accountClass, testMoney, balance: held }) => [
    id,
    chart,
    testMoney ? `${accountClass}, test money` : accountClass,
    format(held),
  ]);
  const { entries: posted, events, refusals } = audit;
  return {
    json: {
      events,
      entries: posted,
      refusals,
      trialBalance: amountToWire(audit.trialBalance.difference),
      balances: Object.fromEntries(accounts.map(({ id, balance: held }) => [id, amountToWire(held)])),
    },
    text:
      `${audit.ledger}\n` +
      formatTable(
        [{ title: 'account' }, { title: 'chart' }, { title: 'class' }, amountColumn('balance')],
        rows,
      ) +
      `\n${accounts.length} accounts after ${posted} entries, at revision ${audit.head.revision}\n`,
  };
}

/** Debits and credits of a book, per class and number of the chart of accounts. */
export function trialBalanceAnswer(
  ledger: string,
  sums: TrialBalance,
  atRevision: bigint,
  format: Format,
): Answer {
  const { debits, credits, difference, byClass, byChart } = sums;
  const rows = byChart.map((row) => [
    row.chart,
    row.class,
    String(row.accounts),
    format(row.debits),
    format(row.credits),
  ]);
  const total = ['total', '', String(sums.accounts), format(debits), format(credits)];
  return {
    json: {
      debits: debits.toString(),
      credits: credits.toString(),
      trialBalance: amountToWire(difference),
      classes: byClass.map(wireRow),
      charts: byChart.map(wireRow),
    },
    text:
      `${ledger}\n` +
      formatTable(
        [
          { title: 'chart' },
          { title: 'class' },
          { title: 'accounts', align: 'right' },
          amountColumn('debits'),
          amountColumn('credits'),
        ],
        [...rows, total],
      ) +
      `\nDifference ${format(difference)} at revision ${atRevision}\n`,
  };
}

/** Sums over accounts as decimal text: unlike one balance, they may pass what JSON readers keep exact. */
function wireRow<Row extends { debits: bigint; credits: bigint; balance: bigint }>(row: Row): object {
  return {
    ...row,
    debits: row.debits.toString(),
    credits: row.credits.toString(),
    balance: row.balance.toString(),
  };
}

function balance({ state, head }: Audit, format: Format, account: string): Answer | undefined {
  const held = balanceOf(state, account);
  return held === undefined ? undefined : balanceAnswer(account, held, head.revision, format);
}

/** What an account holds after a revision. */
export function balanceAnswer(account: string, held: bigint, revision: bigint, format: Format): Answer {
  return {
    json: { account, balance: amountToWire(held) },
    text: `${account} holds ${format(held)} at revision ${revision}\n`,
  };
}

/** What was issued of an asset, and what covers it; `undefined` where a book does not know it. */
export function reserves(state: LedgerState, code: string, revision: bigint): Answer | undefined {
  const found = reservesOf(state, code);
  if (found === undefined) return undefined;
  const { asset, supply, reserve, covered } = found;
  const { scale, issuer, backing } = asset;
  const inAsset: Format = (minor) => formatAmount(minor, scale, code);
  return {
    json: {
      ...{ asset: code, scale, issuer, reserveAccount: asset.reserve, backing: amountToWire(backing) },
      ...{ supply: amountToWire(supply), reserve: amountToWire(reserve), covered: covered.toString() },
    },
    text:
      `${code}, issued by ${issuer}, at revision ${revision}\n` +
      `  supply   ${inAsset(supply)}\n` +
      `  reserve  ${reserve} minor units of ${state.currency} in ${asset.reserve}\n` +
      `  covers   ${inAsset(covered)}\n`,
  };
}

interface Line {
  readonly revision: number;
  readonly recordedAt: string;
  readonly entryId: string;
  readonly kind: string;
  readonly reference: string;
  readonly change: bigint;
  readonly balance: bigint;
}

function entries(format: Format, account: string): Question {
  const lines: Line[] = [];
  let held = 0n;
  return {
    onEvent(event, state) {
      if (event.type !== 'EntryPosted' || !event.postings.some((posting) => posting.account === account))
        return;
      const before = held;
      held = balanceOf(state, account) ?? 0n;
      const { entryId, kind, reference } = event;
      const recordedAt = new Date(event.recordedAt).toISOString();
      const revision = Number(state.revision);
      lines.push({ revision, recordedAt, entryId, kind, reference, change: held - before, balance: held });
    },
    answer: ({ state }) => (state.accounts.has(account) ? entriesAnswer(account, lines, format) : undefined),
  };
}

/** Every entry of an account. */
export function entriesAnswer(account: string, lines: readonly Line[], format: Format): Answer {
  const balance = amountToWire(lines.at(-1)?.balance ?? 0n);
  return { json: { account, entries: lines.map(wireLine), balance }, text: linesText(lines, format) };
}

function wireLine(line: Line): object {
  return { ...line, change: amountToWire(line.change), balance: amountToWire(line.balance) };
}

function linesText(lines: readonly Line[], format: Format): string {
  if (lines.length === 0) return 'No entry yet\n';
  const rows = lines.map(({ revision, recordedAt, kind, reference, change, balance: held }) => [
    String(revision),
    recordedAt,
    kind,
    reference,
    format(change),
    format(held),
  ]);
  return formatTable(
    [
      { title: 'revision', align: 'right' },
      { title: 'recorded' },
      { title: 'kind' },
      { title: 'reference' },
      amountColumn('change'),
      amountColumn('balance'),
    ],
    rows,
  );
}

function amountColumn(title: string): { title: string; align: 'right' } {
  return { title, align: 'right' };
}
