import { revisionAt, statementEvidence } from '@florin/books';
import { WrongUse } from '@florin/configuration';
import { ledgerStream, marketOfLedger, markets, type Market } from '@florin/contracts';
import { headOf, type EventStore } from '@florin/event-store';
import {
  amountToWire,
  decodeRecord,
  LedgerCorrupt,
  type LedgerState,
  type PeriodClosed,
} from '@florin/ledger';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerOf, ledgerOption, urlOf, urlOption } from '../arguments.js';
import { audit } from '../audit.js';
import { command, revisionOfPoint, type Call } from '../command.js';
import { monthOf, refuseUnwritable } from '../outputs.js';
import { withStore } from '../store.js';
import type { ExitCode } from '../surroundings.js';
import { reportPage, type ReportGround } from './report-page.js';
import { ReportCollector, type BookReport, type ReportPeriod } from './report.js';

const options = {
  period: { type: 'string', takes: '<YYYY-MM>', about: "a month of the book's market" },
  out: { type: 'string', takes: '<folder>', about: 'made where it is not there' },
  ledger: { ...ledgerOption, about: `${ledgerOption.about}; else it-eur` },
  url: urlOption,
} as const;

export const reportCommand = command({
  name: 'report',
  syntax: 'report --period <YYYY-MM> --out <folder>',
  words: [0, 0],
  about: 'a month of a book, as a page and as JSON',
  details: [
    'Reads and verifies the book up to the end of the month: trial balance, classes, entries, refusals, exceptions,',
    'the close, and the first signed head that covers all of it.',
  ],
  options,
  at: { means: 'the month as far as it was recorded then' },
  progress: true,
  run: report,
});

async function report(call: Call<typeof options>): Promise<ExitCode> {
  const asked = askedBy(call);
  const { at, err, json, out, watched } = call;
  return withStore(asked.url, async (store) => {
    const { ledger, market, period } = asked;
    const then = await revisionOfPoint(store, ledger, at);
    const end = await endOf(store, ledger, period);
    if (end < 0n) throw new WrongUse(`${ledger} had no event before the end of ${period.label}`);
    const upTo = then !== undefined && then < end ? then : end;
    const collector = new ReportCollector(ledger, period);
    const result = await watched(`Reading ${ledger}`, (onProgress) =>
      audit(store, ledger, {
        ...{ currency: market.currency, upTo, onProgress },
        onEvent: (event, state) => collector.take(event, state),
      }),
    );
    const { finding } = result;
    const ground: ReportGround = {
      ...{ currency: market.currency, headHash: result.head.hash, finding },
      exponentOf: exponentIn(result.state, market),
      closed: await closeOf(store, ledger, { after: upTo, upTo: then }, period),
      checkpoint: (await statementEvidence({ store, ledger }, { lastRevision: upTo, lastEntryId: undefined }))
        .checkpoint,
    };
    const files = await write(asked.out, collector.report(result.state), ground);
    const told = { ledger, period: period.label, files, finding: finding ?? null };
    out(json ? `${JSON.stringify(told, wire)}\n` : `${files.join('\n')}\n`);
    if (finding === undefined) return 0;
    err(`Revision ${finding.revision} of ${ledger} is wrong (${finding.code}): ${finding.detail}\n`);
    return 1;
  });
}

/** The last revision of a month. Where an event that tells it is damaged it is the last of all: the audit up to there names what is wrong. */
async function endOf(store: EventStore, ledger: string, { to }: ReportPeriod): Promise<bigint> {
  try {
    return await revisionAt({ store, ledger }, { atMs: to - 1 });
  } catch (error) {
    if (!(error instanceof LedgerCorrupt)) throw error;
    return headOf(store, ledgerStream(ledger));
  }
}

interface Asked {
  readonly ledger: string;
  readonly market: Market;
  readonly period: ReportPeriod;
  /** A folder, which is made where it is not there. */
  readonly out: string;
  readonly url: string;
}

function askedBy({ env, values }: Call<typeof options>): Asked {
  if (values.period === undefined) throw new WrongUse('Of which month? Say --period 2026-10');
  if (values.out === undefined) throw new WrongUse('Where to? Say --out <folder>');
  const ledger = ledgerOf(values.ledger) ?? markets.it.ledger;
  const market = marketOfLedger(ledger) ?? markets.it;
  return {
    ...{ ledger, market, out: values.out, url: urlOf(values.url, env) },
    period: monthOf(values.period, market),
  };
}

function exponentIn(state: LedgerState, market: Market): (currency: string) => number {
  return (currency) => state.assets.get(currency)?.scale ?? market.exponent;
}

/** The event that closed a month, up to a revision: it comes after the month's end. */
async function closeOf(
  store: EventStore,
  ledger: string,
  { after, upTo }: { readonly after: bigint; readonly upTo: bigint | undefined },
  { label }: ReportPeriod,
): Promise<(PeriodClosed & { revision: bigint }) | undefined> {
  for await (const page of store.read(ledgerStream(ledger), { from: after + 1n })) {
    for (const stored of page) {
      if (upTo !== undefined && stored.revision > upTo) return undefined;
      if (stored.type !== 'PeriodClosed') continue;
      const event = decodeRecord(stored);
      if (event.type === 'PeriodClosed' && event.period === label)
        return { ...event, revision: stored.revision };
    }
  }
  return undefined;
}

async function write(folder: string, report: BookReport, ground: ReportGround): Promise<string[]> {
  const name = join(folder, `${report.ledger}-${report.period.label}`);
  const files = [`${name}.html`, `${name}.json`];
  const { exponentOf: _exponentOf, ...rest } = ground;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(files[0] as string, reportPage(report, ground));
    await writeFile(
      files[1] as string,
      `${JSON.stringify({ ...report, ...rest, ...absent(ground) }, wire, 2)}\n`,
    );
  } catch (error) {
    refuseUnwritable(error);
  }
  return files;
}

/** What there is not is told as `null`. */
function absent({ checkpoint, closed, finding }: ReportGround): object {
  return { checkpoint: checkpoint ?? null, closed: closed ?? null, finding: finding ?? null };
}

/** What is summed over accounts or entries: it may pass what JSON readers keep exact. */
const sums = ['opening', 'debits', 'credits', 'closing', 'balance', 'moved'];

/** Sums as decimal text; revisions, and the difference of two sums, as JSON integers. */
function wire(key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return sums.includes(key) ? value.toString() : amountToWire(value);
}
