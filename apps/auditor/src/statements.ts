import { writeFile } from 'node:fs/promises';
import { isOver, spanPeriod, statementEvidence, type Point } from '@florin/books';
import { instantIn, WrongUse } from '@florin/configuration';
import { localeSchema, marketOfLedger, markets, type Locale, type Market } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import { amountToWire, balanceOf, type LedgerEvent, type LedgerState } from '@florin/ledger';
import {
  buildStatement,
  statementCamt,
  statementCsv,
  statementJson,
  statementPdf,
  type Statement,
  type StatementLine,
  type StatementPeriod,
} from '@florin/statements';
import { ledgerOf, ledgerOption, urlOf, urlOption } from './arguments.js';
import { audit, type Audit } from './audit.js';
import { command, revisionOfPoint, type Call } from './command.js';
import { monthOf, refuseUnwritable } from './outputs.js';
import { withStore } from './store.js';
import type { ExitCode } from './surroundings.js';

/** Lines of a statement at most. */
const maxLines = 10_000;

type Render = (statement: Statement, language: Locale) => string | Promise<Buffer>;

const formats = {
  json: statementJson,
  csv: statementCsv,
  camt: statementCamt,
  pdf: statementPdf,
} as const satisfies Record<string, Render>;

interface Asked {
  readonly account: string;
  readonly ledger: string;
  readonly market: Market;
  readonly period: StatementPeriod;
  readonly format: keyof typeof formats;
  readonly language: Locale;
  /** A file; without it the answer is printed. */
  readonly out: string | undefined;
  /** Where people reach the public API: the QR code leads there. */
  readonly publicUrl: string | undefined;
  readonly url: string;
  /** What is told of a file is JSON. */
  readonly json: boolean;
  readonly at: Point | undefined;
}

const options = {
  period: { type: 'string', takes: '<YYYY-MM>', about: "a month of the book's market" },
  from: { type: 'string', takes: '<time>', about: 'in place of a month: from this instant' },
  to: { type: 'string', takes: '<time>', about: 'until before this one' },
  format: { type: 'string', takes: Object.keys(formats).join('|'), about: 'default: json' },
  locale: { type: 'string', takes: localeSchema.options.join('|'), about: "of a PDF; else the market's" },
  out: { type: 'string', takes: '<file>', about: 'write it there; a PDF is never printed' },
  'public-url': {
    type: 'string',
    takes: '<url>',
    about: 'where people reach the API: the QR code leads there',
  },
  ledger: { ...ledgerOption, about: `${ledgerOption.about}; else it-eur` },
  url: urlOption,
} as const;

export const statementCommand = command({
  name: 'statement',
  syntax: 'statement <account> --period <YYYY-MM>',
  words: [1, 1],
  about: 'a statement, as JSON, CSV, camt.053 or PDF',
  details: ['Reads the whole book and verifies it first: there is no statement from a book that is wrong.'],
  options,
  at: { means: 'the statement as it could be made then: provisional, unless its time was over' },
  progress: true,
  run: statement,
});

async function statement(call: Call<typeof options>): Promise<ExitCode> {
  const asked = askedBy(call);
  const { at, err, json, out, watched } = call;
  return withStore(asked.url, async (store) => {
    const upTo = await revisionOfPoint(store, asked.ledger, at);
    const collector = new LineCollector(asked);
    const result = await watched(`Reading ${asked.ledger}`, (onProgress) =>
      audit(store, asked.ledger, {
        ...{ currency: asked.market.currency, onProgress, ...(upTo === undefined ? {} : { upTo }) },
        onEvent: (event, state) => collector.take(event, state),
      }),
    );
    const { finding } = result;
    if (finding !== undefined) {
      const { code, detail, revision } = finding;
      if (json) {
        const told = { ledger: asked.ledger, account: asked.account };
        out(`${JSON.stringify({ ...told, finding: { revision: Number(revision), code, detail } })}\n`);
      }
      err(
        `Revision ${revision} of ${asked.ledger} is wrong (${code}): ${detail}\n` +
          'There is no statement from a book that is wrong.\n',
      );
      return 1;
    }
    await write(await statementOf(store, asked, result, collector), asked, call);
    return 0;
  });
}

/** Whether nothing could be recorded within the period any more, when it was looked at. */
function wasOver({ at, period }: Asked, { state }: Audit): boolean {
  if (at === undefined) return isOver(period, Date.now());
  return 'atMs' in at ? isOver(period, Math.min(at.atMs, Date.now())) : state.recordedAt >= period.to;
}

function askedBy({ at, env, json, values, words }: Call<typeof options>): Asked {
  const [account = ''] = words;
  const ledger = ledgerOf(values.ledger) ?? markets.it.ledger;
  const market = marketOfLedger(ledger) ?? markets.it;
  const format = oneOf('--format', Object.keys(formats) as (keyof typeof formats)[], values.format ?? 'json');
  if (format === 'pdf' && values.out === undefined) throw new WrongUse('Where to? Say --out <file>.pdf');
  if (json && format !== 'json' && values.out === undefined) {
    throw new WrongUse(`--json cannot print ${format}; say --out <file>`);
  }
  return {
    ...{ account, ledger, market, format },
    period: periodOf(values, market),
    language: oneOf('--locale', localeSchema.options, values.locale ?? market.defaultLocale),
    out: values.out,
    publicUrl: values['public-url'],
    ...{ at, json },
    url: urlOf(values.url, env),
  };
}

function oneOf<Value extends string>(option: string, known: readonly Value[], text: string): Value {
  const found = known.find((value) => value === text);
  if (found !== undefined) return found;
  throw new WrongUse(`${option} is one of ${known.join(', ')}`);
}

interface TimeOptions {
  readonly period?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

function periodOf({ period, from, to }: TimeOptions, market: Market): StatementPeriod {
  if ((period === undefined) === (from === undefined && to === undefined)) {
    throw new WrongUse('Of what time? Say --period 2026-10, or --from <time> --to <time>');
  }
  if (period === undefined) return spanPeriod(checkedSpan(instantOf(from), instantOf(to)), market);
  return monthOf(period, market);
}

function instantOf(text: string | undefined): number {
  const ms = text === undefined ? undefined : instantIn(text);
  if (ms === undefined) throw new WrongUse('--from and --to take times such as 2026-10-01T00:00:00+02:00');
  return ms;
}

function checkedSpan(from: number, to: number): { from: number; to: number } {
  if (from >= to) throw new WrongUse('--to must be after --from');
  return { from, to };
}

/** Watches one account while its book is read. */
class LineCollector {
  readonly lines: StatementLine[] = [];
  opening = 0n;
  closing = 0n;
  lastRevision = -1n;

  constructor(private readonly asked: Asked) {}

  take(event: LedgerEvent, state: LedgerState): void {
    const { account, ledger, period } = this.asked;
    if (event.type !== 'EntryPosted' || event.recordedAt >= period.to) return;
    if (!event.postings.some((posting) => posting.account === account)) return;
    const balance = balanceOf(state, account) ?? 0n;
    const change = balance - this.closing;
    this.closing = balance;
    this.lastRevision = state.revision;
    if (event.recordedAt < period.from) {
      this.opening = balance;
      return;
    }
    if (this.lines.length >= maxLines) {
      throw new WrongUse(
        `${account} has more than ${maxLines} lines in ${ledger}: take a shorter time with --from and --to`,
      );
    }
    const { effectiveAt, entryId, kind, recordedAt, reference, reverses } = event;
    const line = { revision: state.revision, entryId, kind, reference, recordedAt, effectiveAt };
    this.lines.push({ ...line, change, balance, ...(reverses && { reverses: reverses.entryId }) });
  }
}

async function statementOf(
  store: EventStore,
  asked: Asked,
  result: Audit,
  { closing, lastRevision, lines, opening }: LineCollector,
): Promise<Statement> {
  const { account, ledger, market, period, publicUrl } = asked;
  const { head, state } = result;
  const known = state.accounts.get(account)?.account;
  if (known === undefined) {
    throw new WrongUse(
      `${account} is not an account of ${ledger} at revision ${head.revision}; --ledger names another book`,
    );
  }
  const { currency } = known;
  const lastEntryId = lines.at(-1)?.entryId;
  return buildStatement({
    ...{ ledger, account, currency, period, opening, closing, lines },
    exponent: state.assets.get(currency)?.scale ?? market.exponent,
    ...(!wasOver(asked, result) && { provisional: { revision: head.revision } }),
    ...(await statementEvidence({ store, ledger, publicUrl }, { lastRevision, lastEntryId })),
  });
}

async function write(
  statement: Statement,
  { account, format, json, language, ledger, out: file }: Asked,
  { out }: Pick<Call, 'out'>,
): Promise<void> {
  const content = await rendered(formats[format], statement, language);
  if (file === undefined) {
    out(content.toString());
    return;
  }
  await writeFile(file, content).catch(refuseUnwritable);
  const { closing, lines, opening, period } = statement;
  const told = { file, ledger, account, period: period.label, lines: lines.length };
  out(
    json
      ? `${JSON.stringify({ ...told, opening: amountToWire(opening), closing: amountToWire(closing) })}\n`
      : `${file}: ${account} of ${ledger}, ${period.label}, ${lines.length} lines\n`,
  );
}

async function rendered(render: Render, statement: Statement, language: Locale): Promise<string | Buffer> {
  try {
    return await render(statement, language);
  } catch (error) {
    if (error instanceof RangeError) throw new WrongUse(error.message, { cause: error });
    throw error;
  }
}
